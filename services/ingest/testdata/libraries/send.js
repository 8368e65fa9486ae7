// Sends the same story through one of the libraries: node send.js LIBRARY ADDRESS KEY.
const [library, address, key] = process.argv.slice(2)

const person = { userId: 'c1', anonymousId: 'a1' }
const story = [
  ['identify', { ...person, traits: { firstName: 'Zoë', email: 'zoe@example.com' } }],
  ['track', { ...person, event: 'Order Completed', properties: { order_id: 'o1', total: 19.9, products: [{ product_id: 'p1', price: 19.9, quantity: 1 }] } }],
  ['page', { ...person, name: 'Home', properties: { url: 'https://shop.example/' } }],
  ['screen', { ...person, name: 'Cart' }],
  ['group', { ...person, groupId: 'g1', traits: { name: 'Initech' } }],
  ['alias', { userId: 'c1', previousId: 'c0' }],
]

function client () {
  switch (library) {
    case '@segment/analytics-node': {
      const { Analytics } = require(library)
      return new Analytics({ writeKey: key, host: address, maxRetries: 5 })
    }
    case 'analytics-node': {
      const Analytics = require(library)
      return new Analytics(key, { host: address, flushAt: 3, retryCount: 5 })
    }
    case '@rudderstack/rudder-sdk-node': {
      const Analytics = require(library)
      return new Analytics(key, { dataPlaneUrl: address, flushAt: 3, retryCount: 5, logLevel: 'error' })
    }
  }
  throw new Error(`${library} is not known here`)
}

async function main () {
  const c = client()
  const sent = story.map(([verb, body]) => new Promise((resolve, reject) => c[verb](body, err => err ? reject(err) : resolve())))
  if (c.closeAndFlush) await c.closeAndFlush({ timeout: 20000 })
  else await c.flush()
  await Promise.all(sent)
}

main().then(() => process.exit(0), err => { console.error(err); process.exit(1) })
