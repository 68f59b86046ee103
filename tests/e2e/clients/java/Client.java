// Apache Kafka's Java client with the file of `msklink-client config`, and the login after it. It
// does and prints what tests/e2e/clients/steps.py says.

import java.io.FileReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Client {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final Properties properties = new Properties();
    static final List<String> done = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        try (FileReader file = new FileReader(arguments[0])) {
            properties.load(file);
        }
        String prefix = arguments[1];
        String topic = prefix + ".sent";
        String group = prefix + ".group";
        step("connect", Client::brokers);
        step("create", () -> createTopic(prefix + ".created"));
        step("produce", () -> send(topic));
        step("consume", () -> readOne(topic, group));
        step("transaction", () -> {
            sendInTransaction(topic, prefix + ".transactions");
            return readOne(topic, group);
        });
        System.out.println("{" + String.join(",", done) + "}");
    }

    static Properties settings(Object... more) {
        Properties all = new Properties();
        all.putAll(properties);
        for (int i = 0; i < more.length; i += 2) all.put(more[i], more[i + 1]);
        return all;
    }

    static String brokers() throws Exception {
        try (Admin admin = Admin.create(settings())) {
            return admin.describeCluster().nodes().get().stream()
                .map(node -> text(node.host() + ":" + node.port()))
                .sorted()
                .toList()
                .toString();
        }
    }

    static String createTopic(String topic) throws Exception {
        try (Admin admin = Admin.create(settings())) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
            var found = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            return String.valueOf(found.partitions().size());
        }
    }

    static String send(String topic) throws Exception {
        try (var producer = producer()) {  // idempotent by default
            var sent = producer.send(new ProducerRecord<>(topic, 0, null, "one")).get();
            return "[" + sent.partition() + "," + sent.offset() + "]";
        }
    }

    static void sendInTransaction(String topic, String transactionalId) throws Exception {
        try (var producer = producer("transactional.id", transactionalId)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, "two")).get();
            producer.commitTransaction();
        }
    }

    static KafkaProducer<String, String> producer(Object... more) {
        return new KafkaProducer<>(settings(more), new StringSerializer(), new StringSerializer());
    }

    static String readOne(String topic, String group) {
        Properties all = settings(
            "group.id", group,
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false",
            "isolation.level", "read_committed",
            "max.poll.records", "1");
        var strings = new StringDeserializer();
        try (var consumer = new KafkaConsumer<>(all, strings, strings)) {
            consumer.subscribe(List.of(topic));
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < end) {
                for (ConsumerRecord<String, String> read : consumer.poll(Duration.ofSeconds(1))) {
                    consumer.commitSync();
                    return text(read.value());
                }
            }
            throw new IllegalStateException("there is no message");
        }
    }

    static void step(String name, Callable<String> work) {
        String outcome;
        try {
            outcome = work.call();
        } catch (Exception error) {
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            outcome = "{\"error\":" + text(trace.toString()) + "}";
        }
        done.add(text(name) + ":" + outcome);
    }

    static String text(String value) {
        String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"");
        return "\"" + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "") + "\"";
    }
}
