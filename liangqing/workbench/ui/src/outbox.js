// Forms that could not be sent, pictures and all, kept on the device (IndexedDB) until they are.
const NAME = 'liangqing-visits'

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

const store = async (mode) => {
  const opening = indexedDB.open(NAME, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore('forms', { keyPath: 'key' })
  return (await asked(opening)).transaction('forms', mode).objectStore('forms')
}

export const outbox = {
  // { key, user, url, title, fields: [[name, text or File]], wrong }
  keep: async (form) => asked((await store('readwrite')).put(form)),
  drop: async (key) => asked((await store('readwrite')).delete(key)),
  all: async (user) => (await asked((await store('readonly')).getAll())).filter((form) => form.user === user),
}
