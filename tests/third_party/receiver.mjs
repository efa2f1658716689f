// Google's Functions Framework as the receiver of pushes: a function with a CloudEvent signature, one
// JSON line on standard output for every event. A function that throws is answered with 500.
import functions from '@google-cloud/functions-framework';

const failed = new Set();

functions.cloudEvent('receive', (event) => {
  const { message } = event.data;
  const text = Buffer.from(message.data ?? '', 'base64').toString();
  console.log(JSON.stringify({
    type: event.type,
    source: event.source,
    id: event.id,
    text,
    attributes: message.attributes,
  }));
  if (text.startsWith('fail') && !failed.has(text)) {
    failed.add(text);
    throw new Error(`${text} fails once`);
  }
});
