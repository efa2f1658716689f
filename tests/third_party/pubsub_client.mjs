// Google's own Node.js client against Orderly, over REST: what it makes, publishes, pulls and changes.
// Usage: node pubsub_client.mjs PORT PREFIX; prints one JSON object of what it saw.
import { PubSub, v1 } from '@google-cloud/pubsub';
import { OAuth2Client } from 'google-auth-library';

const [port, prefix] = process.argv.slice(2);
const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: 'any', expiry_date: Date.now() + 3_600_000 });
const options = {
  projectId: 'orderly',
  apiEndpoint: `http://127.0.0.1:${port}`,
  fallback: true,
  protocol: 'http',
  authClient,
};
const pubsub = new PubSub(options);
const subscriber = new v1.SubscriberClient({ ...options, servicePath: '127.0.0.1', port: Number(port) });
const subscriptionPath = (name) => `projects/orderly/subscriptions/${name}`;

/** What a call that must fail fails with. */
async function failure(call) {
  try {
    await call();
    return { code: 0, message: 'it did not fail' };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

async function pull(name, maxMessages) {
  const [answer] = await subscriber.pull({ subscription: subscriptionPath(name), maxMessages });
  return answer.receivedMessages;
}

const seen = {};
const [topic] = await pubsub.createTopic(`${prefix}-topic`);
const [dead] = await pubsub.createTopic(`${prefix}-dead`);
seen.topic = topic.name;
seen.exists = await failure(() => pubsub.createTopic(`${prefix}-topic`));

const [subscription] = await topic.createSubscription(`${prefix}-sub`, {
  ackDeadlineSeconds: 30,
  enableMessageOrdering: true,
  filter: 'attributes:kind',
  retainAckedMessages: true,
  messageRetentionDuration: { seconds: 86_400 },
  deadLetterPolicy: { deadLetterTopic: dead.name, maxDeliveryAttempts: 5 },
  retryPolicy: { minimumBackoff: { seconds: 0 }, maximumBackoff: { seconds: 1 } },
  expirationPolicy: {},
});
const [metadata] = await subscription.getMetadata();
seen.metadata = {
  topic: metadata.topic,
  ackDeadlineSeconds: metadata.ackDeadlineSeconds,
  ordering: metadata.enableMessageOrdering,
  filter: metadata.filter,
  retention: Number(metadata.messageRetentionDuration.seconds),
  attempts: metadata.deadLetterPolicy.maxDeliveryAttempts,
  state: metadata.state,
};

// A batching publisher: several messages a request, in the order of their key.
const ordered = pubsub.topic(`${prefix}-topic`, { messageOrdering: true, batching: { maxMessages: 10 } });
const ids = await Promise.all(
  Array.from({ length: 25 }, (_, i) =>
    ordered.publishMessage({ json: { i }, attributes: { kind: 'x' }, orderingKey: 'k' })),
);
await topic.publishMessage({ data: Buffer.from('filtered out') });
seen.ids = new Set(ids).size;

const taken = [];
while (taken.length < 25) {
  const received = await pull(`${prefix}-sub`, 10);
  taken.push(...received.map(({ message }) => JSON.parse(Buffer.from(message.data).toString()).i));
  await subscriber.acknowledge({
    subscription: subscriptionPath(`${prefix}-sub`),
    ackIds: received.map(({ ackId }) => ackId),
  });
}
seen.taken = taken;

await ordered.publishMessage({ json: 'again', attributes: { kind: 'x' }, orderingKey: 'k' });
let [held] = await pull(`${prefix}-sub`, 1);
const modify = (seconds) =>
  subscriber.modifyAckDeadline({
    subscription: subscriptionPath(`${prefix}-sub`),
    ackIds: [held.ackId],
    ackDeadlineSeconds: seconds,
  });
await modify(60);
await modify(0);
[held] = await pull(`${prefix}-sub`, 1);
seen.attempt = held.deliveryAttempt;
seen.published = Number(held.message.publishTime.seconds) * 1000 - Date.now();

await subscription.setMetadata({ ackDeadlineSeconds: 45 });
seen.changed = (await subscription.getMetadata())[0].ackDeadlineSeconds;
await subscription.seek(new Date(0));
seen.sought = (await pull(`${prefix}-sub`, 1))[0].message.orderingKey;
await subscription.modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:9/' });
seen.push = (await subscription.getMetadata())[0].pushConfig.pushEndpoint;

const names = (resources) => resources.map(({ name }) => name).filter((name) => name.includes(prefix));
seen.topics = names((await pubsub.getTopics())[0]);
seen.subscriptions = names((await pubsub.getSubscriptions())[0]);
seen.ofTopic = names((await topic.getSubscriptions())[0]);

const wrong = (settings) => () => topic.createSubscription(`${prefix}-wrong`, settings);
seen.oidc = await failure(
  wrong({ pushConfig: { pushEndpoint: 'http://127.0.0.1:9/', oidcToken: { serviceAccountEmail: 'a@b' } } }),
);
seen.exactlyOnce = await failure(wrong({ enableExactlyOnceDelivery: true }));
seen.pipeline = await failure(() => pubsub.topic('order-service-cqrs-event').publishMessage({ data: Buffer.from('x') }));

await subscription.delete();
await topic.delete();
await dead.delete();
seen.gone = await failure(() => subscription.getMetadata());
console.log(JSON.stringify(seen));
