// Shows the pages of visits as they were last seen when there is no connection. It stands under /visits/ and serves
// nothing else; what it shows, the pages themselves have put there (visits.js), for one person and one day.
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

const DRAWN = 'liangqing-visits-drawn' // what pages are drawn with: scripts, styles, the parts of a font they need

const drawn = async (request) => {
  const found = await caches.match(request, { ignoreVary: true })
  if (found) return found
  try {
    const answer = await fetch(request)
    if (answer.ok) await (await caches.open(DRAWN)).put(request, answer.clone())
    return answer
  } catch {
    return new Response('', { status: 503 })
  }
}

const kept = async (request) => {
  const found = await caches.match(request, { ignoreVary: true })
  return found || Response.error()
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/static/')) {
    event.respondWith(drawn(request))
  } else if (request.mode === 'navigate' && url.pathname.startsWith('/visits/')) {
    event.respondWith(self.navigator.onLine === false ? kept(request) : fetch(request).catch(() => kept(request)))
  }
})
