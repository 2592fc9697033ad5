// Read Armswatch's alerts from Kafka, with Java's own client.
//
//   java -cp 'libs/*' AlertReader.java [--until-end] SERVERS TOPIC GROUP [client.properties]
//   java -cp 'libs/*' AlertReader.java broker:9092 armswatch.alerts.russia-dprk-arms desk
//
// libs holds kafka-clients, jackson-databind and what these need. client.properties holds settings of the client, such as
// security.protocol. Prints level, headline and link of each alert, parted by tabs. Ends at SIGINT or SIGTERM, or with
// --until-end once it has read what there is.

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class AlertReader {
    private static final String SCHEMA = "urn:armswatch:schema:alert:1";
    // Ids of alerts. Whoever must never handle one twice keeps them in a database, with a unique key.
    private static final int REMEMBERED = 10_000;

    private final ObjectMapper mapper = new ObjectMapper();
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Map<String, Boolean> handled = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(Arrays.asList(arguments));
        boolean untilEnd = words.remove("--until-end");
        if (words.size() < 3 || words.size() > 4) {
            System.err.println("AlertReader [--until-end] SERVERS TOPIC GROUP [client.properties]");
            System.exit(2);
        }
        System.exit(run(settings(words), words.get(1), untilEnd));
    }

    private static int run(Properties settings, String topic, boolean untilEnd) {
        CountDownLatch left = new CountDownLatch(1);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                consumer.wakeup(); // the one call that is allowed from another thread
                try {
                    left.await(); // the process ends with this hook, so the group must have been left by then
                } catch (InterruptedException ended) {
                    Thread.currentThread().interrupt();
                }
            }));
            if (consumer.partitionsFor(topic).isEmpty()) { // the client would wait for it in silence
                throw new KafkaException("there is no such topic");
            }
            consumer.subscribe(List.of(topic));
            new AlertReader().read(consumer, untilEnd);
            return 0;
        } catch (WakeupException stopped) {
            return 0;
        } catch (KafkaException refused) {
            System.err.println(topic + " cannot be read: " + refused.getMessage());
            return 1;
        } finally {
            left.countDown();
        }
    }

    private static Properties settings(List<String> words) throws IOException {
        Properties settings = new Properties();
        if (words.size() > 3) {
            try (InputStream file = Files.newInputStream(Path.of(words.get(3)))) {
                settings.load(file);
            }
        }
        settings.put("bootstrap.servers", words.get(0));
        settings.put("group.id", words.get(2));
        settings.put("isolation.level", "read_committed"); // else alerts may be seen that were never raised
        settings.put("auto.offset.reset", "earliest"); // where the group begins that has no place yet
        settings.put("enable.auto.commit", "false"); // the place moves once what was read is handled
        settings.put("allow.auto.create.topics", "false");
        return settings;
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer, boolean untilEnd) {
        while (true) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(500));
            for (ConsumerRecord<byte[], byte[]> record : records) {
                handle(record.value());
            }
            if (!records.isEmpty()) {
                consumer.commitSync();
            } else if (untilEnd && atEnd(consumer)) {
                return;
            }
        }
    }

    private static boolean atEnd(KafkaConsumer<byte[], byte[]> consumer) {
        Set<TopicPartition> partitions = consumer.assignment();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return !partitions.isEmpty()
                && partitions.stream().allMatch(each -> consumer.position(each) >= ends.get(each));
    }

    /** Print an alert; what you do with it stands here. Fields that it doesn't know, it doesn't look at. */
    private void handle(byte[] value) {
        try {
            JsonNode alert = mapper.readTree(value == null ? new byte[0] : value);
            String id = alert.path("id").asText();
            String schema = alert.path("dataschema").asText();
            if (id.isEmpty() || !alert.path("data").isObject()) {
                System.err.println("left out: this is no alert");
            } else if (!schema.equals(SCHEMA)) {
                System.err.println("left out: its schema is " + schema);
            } else if (handled.put(id, true) == null) {
                JsonNode data = alert.path("data");
                out.println(String.join("\t", oneLine(data, "level"), oneLine(data, "headline"), oneLine(data, "link")));
            }
        } catch (JsonProcessingException broken) {
            System.err.println("left out: this is no alert: " + broken.getOriginalMessage());
        } catch (IOException broken) {
            System.err.println("left out: this is no alert: " + broken);
        }
    }

    /** Keep text from breaking the output: it is as its publisher wrote it. */
    private static String oneLine(JsonNode data, String field) {
        return data.path(field).asText().replaceAll("[\\p{Cntrl}\\p{Cf}\\s]+", " ").strip();
    }
}
