import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StreamTokenizer;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;

/**
 * Prints each property of files, and each option of sasl.jaas.config, as name and Base64.
 *
 * <p>It reads the file as Kafka's tools do, and the options as its JaasConfig does.
 */
class ReadProperties {
  public static void main(String[] files) throws IOException {
    for (String file : files) {
      System.out.println("file");
      read(file);
    }
  }

  private static void read(String file) throws IOException {
    Properties properties = new Properties();
    try (InputStream content = new FileInputStream(file)) {
      properties.load(content);
    }
    for (String name : properties.stringPropertyNames()) {
      print(name, properties.getProperty(name));
    }
    if (properties.containsKey("sasl.jaas.config")) {
      readLogin(properties.getProperty("sasl.jaas.config"));
    }
  }

  private static void readLogin(String login) throws IOException {
    StreamTokenizer words = new StreamTokenizer(new StringReader(login));
    words.slashSlashComments(true);
    words.slashStarComments(true);
    words.wordChars('-', '-');
    words.wordChars('_', '_');
    words.wordChars('$', '$');
    print("module", next(words));
    print("flag", next(words));
    while (words.nextToken() != ';') {
      String name = words.sval;
      if (words.nextToken() != '=') {
        throw new IOException("no value for " + name);
      }
      print("option." + name, next(words));
    }
    if (words.nextToken() != StreamTokenizer.TT_EOF) {
      throw new IOException("more than one login");
    }
  }

  private static String next(StreamTokenizer words) throws IOException {
    words.nextToken();
    return words.sval;
  }

  private static void print(String name, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    System.out.println(name + " " + Base64.getEncoder().encodeToString(bytes));
  }
}
