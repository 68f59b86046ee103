import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;

/** Runs the block of the guide with a client of Parameter Store that has what is given. */
class SsmOfTheGuide {
  record Parameter(String name, String value) {}

  record Pages(List<Parameter> parameters) {}

  static class Request {
    String path;

    Request path(String path) {
      this.path = path;
      return this;
    }
  }

  static class SsmClient implements AutoCloseable {
    static final List<Parameter> STORE = new ArrayList<>();

    static SsmClient create() {
      return new SsmClient();
    }

    Pages getParametersByPathPaginator(Consumer<Request> fill) {
      Request request = new Request();
      fill.accept(request);
      return new Pages(
          STORE.stream().filter(one -> one.name().startsWith(request.path + "/")).toList());
    }

    @Override
    public void close() {}
  }

  public static void main(String[] names) {
    for (int at = 0; at < names.length; at += 2) {
      SsmClient.STORE.add(new Parameter(names[at], names[at + 1]));
    }
    // the block of the guide
    properties.forEach((name, value) -> System.out.println(name + "=" + value));
  }
}
