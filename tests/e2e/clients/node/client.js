// The client of KafkaJS that the module in KAFKA exports. It does and prints what
// tests/e2e/clients/steps.py says.

const { logLevel } = require("kafkajs");

const SECONDS = 60;
const [prefix] = process.argv.slice(2);

async function ready(client, work) {
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.disconnect();
  }
}

async function send(kafka, topic, value) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const message = { topic, acks: -1, messages: [{ value, partition: 0 }] };
  const [sent] = await ready(producer, (one) => one.send(message));
  return [sent.partition, Number(sent.baseOffset)];
}

async function readOne(kafka, topic, groupId) {
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  return ready(consumer, async () => {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return new Promise((resolve, reject) => {
      let first = true;
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachMessage = async ({ partition, message }) => {
        if (!first) return;
        first = false;
        const offset = String(Number(message.offset) + 1);
        await consumer.commitOffsets([{ topic, partition, offset }]);
        resolve(message.value.toString());
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
    });
  });
}

async function sendInTransaction(kafka, topic, value, transactionalId) {
  const options = { idempotent: true, maxInFlightRequests: 1, transactionalId };
  await ready(kafka.producer(options), async (producer) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, acks: -1, messages: [{ value, partition: 0 }] });
    await transaction.commit();
  });
}

const topic = `${prefix}.sent`;
const group = `${prefix}.group`;

const steps = {
  connect: async (kafka) => {
    const { brokers } = await ready(kafka.admin(), (admin) => admin.describeCluster());
    return brokers.map(({ host, port }) => `${host}:${port}`).sort();
  },
  create: (kafka) =>
    ready(kafka.admin(), async (admin) => {
      const topic = `${prefix}.created`;
      await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0].partitions.length;
    }),
  produce: (kafka) => send(kafka, topic, "one"),
  consume: (kafka) => readOne(kafka, topic, group),
  transaction: async (kafka) => {
    await sendInTransaction(kafka, topic, "two", `${prefix}.transactions`);
    return readOne(kafka, topic, group);
  },
};

function withinSeconds(work) {
  const late = new Error(`not done in ${SECONDS} seconds`);
  const timer = new Promise((_, reject) => setTimeout(reject, SECONDS * 1000, late));
  return Promise.race([work, timer]);
}

async function main() {
  const kafka = await require(process.env.KAFKA);
  kafka.logger().setLogLevel(logLevel.NOTHING);
  const done = {};
  for (const [name, step] of Object.entries(steps)) {
    try {
      done[name] = await withinSeconds(step(kafka));
    } catch (error) {
      done[name] = { error: error.stack };
    }
  }
  process.stdout.write(JSON.stringify(done), () => process.exit());
}

main();
