// Visits on a phone with a bad connection: the route stays at hand, and what was written is sent when the line is back.
// Without this every page works as plain links and form posts.
import { outbox } from './outbox.js'

const CACHE = 'liangqing-visits-'
const token = () => document.querySelector('meta[name=csrf-token]')?.content || ''

// Whoever signs out leaves no page behind; forms that were not sent stay for the same person.
document.addEventListener('submit', (event) => {
  if ((event.target.getAttribute('action') || '').endsWith('/logout/') && 'caches' in window) forget(() => true)
})
const forget = async (which) => {
  for (const name of await caches.keys()) if (name.startsWith(CACHE) && which(name)) await caches.delete(name)
}

export function visits() {
  const status = document.querySelector('[data-outbox]')
  if (!status || !('indexedDB' in window)) return
  const user = status.dataset.user
  const form = document.querySelector('form[data-visit]')

  const show = async (text) => {
    const waiting = await outbox.all(user)
    status.hidden = !waiting.length && !text
    status.replaceChildren()
    document.querySelectorAll('a[data-stop]').forEach((link) => {
      if (waiting.some((each) => each.url === link.getAttribute('href'))) link.dataset.unsent = status.dataset.unsent
      else delete link.dataset.unsent
    })
    const lines = [text, waiting.length && status.dataset.waiting.replace('{count}', waiting.length)].filter(Boolean)
    for (const line of lines) status.append(Object.assign(document.createElement('div'), { textContent: line }))
    for (const each of waiting.filter((one) => one.wrong)) {
      const link = Object.assign(document.createElement('a'), { href: each.url, textContent: each.title })
      const line = document.createElement('div')
      const away = Object.assign(document.createElement('button'), { type: 'button', className: 'btn', textContent: status.dataset.discard })
      away.addEventListener('click', async () => {
        if (!window.confirm(status.dataset.sure)) return
        await outbox.drop(each.key)
        await show()
      })
      line.append(`${status.dataset.again} `, link, ` ${each.wrong} `, away)
      status.append(line)
    }
  }

  // One form to the server: 'sent', 'later' (no line, or signed out), or what is wrong with it.
  const send = async (kept) => {
    if (navigator.onLine === false) return { later: status.dataset.kept }
    const body = new FormData()
    for (const [name, value] of kept.fields) body.append(name, value)
    body.set('csrfmiddlewaretoken', token())
    let answer
    try {
      answer = await fetch(kept.url, { method: 'POST', body, redirect: 'manual', headers: { Accept: 'application/json' } })
    } catch {
      return { later: status.dataset.kept }
    }
    if (answer.type === 'opaqueredirect') return { later: status.dataset.signedOut }
    if (answer.ok) return { sent: true }
    if (!(answer.headers.get('Content-Type') || '').startsWith('application/json')) return { later: status.dataset.kept }
    return { wrong: (await answer.json()).sentence }
  }

  let sending = false
  const sendAll = async () => {
    if (sending) return
    sending = true
    let said = ''
    try {
      for (const kept of await outbox.all(user)) {
        const { sent, later, wrong } = await send(kept)
        if (sent) await outbox.drop(kept.key)
        else if (wrong) await outbox.keep({ ...kept, wrong })
        else if (later) { said = later === status.dataset.signedOut ? later : ''; break }
      }
    } finally {
      sending = false
      await show(said)
    }
  }

  if (form) atTheDoor(form, { status, user, send, show })
  window.addEventListener('online', sendAll)
  sendAll()
  if (document.querySelector('[data-visits-route], [data-visits-stop]')) keepAtHand(user)
}

// The form of a stop: kept first, then sent; what is wrong is said in it.
function atTheDoor(form, { status, user, send, show }) {
  const field = (name) => form.querySelector(`[name=${name}]`)
  const arrival = document.querySelector('form[data-arrival]')
  if (arrival) {
    arrival.addEventListener('submit', (event) => {
      if (navigator.onLine !== false) return
      event.preventDefault()
      field('at').value = new Date().toISOString()
      arrival.hidden = true
      form.hidden = false
      show(status.dataset.ask)
    })
  }
  outbox.all(user).then((all) => {
    const mine = all.find((each) => each.url === form.getAttribute('action'))
    if (mine) refill(form, mine, arrival)
  })
  const place = placing(form, field, user)
  if (!form.hidden) place('')
  else if (arrival) arrival.addEventListener('submit', () => place(''))
  // A picture may be old, or lose what it says of itself on the way: the moment at which it was chosen is told beside it.
  for (const input of form.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => {
      const name = `${input.name}_`
      PLACE.forEach((part) => { field(name + part).value = '' })
      field(`${name}at`).value = input.files.length ? new Date().toISOString() : ''
      if (input.files.length) place(name)
    })
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const button = form.querySelector('button.lq-big')
    button.disabled = true
    if (!field('at').value) field('at').value = new Date().toISOString()
    const fields = [...new FormData(form)].filter(([name, value]) => name !== 'csrfmiddlewaretoken' && !(value instanceof File && !value.size))
    const kept = { key: field('key').value, user, url: form.getAttribute('action'), title: form.dataset.title, fields }
    await outbox.keep(kept)
    const { later, wrong } = await send(kept)
    if (wrong) {
      await outbox.drop(kept.key)
      const place = form.querySelector('[data-wrong]')
      place.textContent = wrong
      place.hidden = false
      place.scrollIntoView({ block: 'center' })
      button.disabled = false
      return
    }
    if (!later) await outbox.drop(kept.key)
    location.assign(document.querySelector('[data-back]').href)
  })
}

// A form that waits on this device is shown as it was written, to be corrected. Its pictures stay with it.
function refill(form, kept, arrival) {
  for (const [name, value] of kept.fields) {
    const node = form.querySelector(`[name=${name}]`)
    if (!node) continue
    if (value instanceof File) {
      const files = new DataTransfer()
      kept.fields.filter(([other, one]) => other === name && one instanceof File).forEach(([, one]) => files.items.add(one))
      node.files = files.files
    } else if (node.type === 'checkbox') node.checked = true
    else node.value = value
  }
  form.hidden = false
  if (arrival) arrival.hidden = true
  form.dispatchEvent(new Event('change', { bubbles: true }))
}

const PLACE = ['latitude', 'longitude', 'accuracy']

// Where the phone is, only while whoever holds it has ticked that on the page; what was told goes when the tick goes.
// Gives the function that fills the fields that begin with a name; it does nothing where there is no consent or no receiver.
function placing(form, field, user) {
  const consent = form.querySelector('[data-consent]')
  if (!('geolocation' in navigator) || !consent) return () => {}
  const tick = consent.querySelector('input')
  const remembered = `liangqing-visits-place-${user}`
  tick.checked = localStorage.getItem(remembered) === 'yes'
  consent.hidden = false
  const place = (name) => tick.checked && navigator.geolocation.getCurrentPosition(({ coords }) => {
    if (!tick.checked) return
    field(`${name}latitude`).value = coords.latitude.toFixed(5)
    field(`${name}longitude`).value = coords.longitude.toFixed(5)
    field(`${name}accuracy`).value = Math.round(coords.accuracy)
  }, () => {}, { maximumAge: 60000, timeout: 20000 })
  tick.addEventListener('change', () => {
    localStorage.setItem(remembered, tick.checked ? 'yes' : 'no')
    if (tick.checked) place('')
    else for (const name of ['', 'slip_', 'photos_']) PLACE.forEach((part) => { field(name + part).value = '' })
  })
  return place
}

// Today's route, its stops and what they are drawn with, for one person and one day.
async function keepAtHand(user) {
  if (!('serviceWorker' in navigator) || navigator.onLine === false) return
  try {
    await navigator.serviceWorker.register('/visits/worker.js')
    const name = `${CACHE}${user}-${new Date().toLocaleDateString('sv')}`
    await forget((other) => other !== name && other !== `${CACHE}drawn`)
    const cache = await caches.open(name)
    const drawn = [...document.querySelectorAll('link[rel=stylesheet], link[rel=icon], script[src]')].map((node) => node.href || node.src)
    const loaded = performance.getEntriesByType('resource').map((entry) => entry.name)
    const assets = [...new Set([...drawn, ...loaded])].filter((url) => new URL(url).pathname.startsWith('/static/'))
    const stops = [...document.querySelectorAll('a[data-stop]')].map((link) => link.href)
    for (const url of [...assets, location.href, ...stops]) {
      const answer = await fetch(url, { redirect: 'error' })
      if (answer.ok) await cache.put(url, answer)
    }
    document.documentElement.dataset.atHand = 'yes'
  } catch {
    // Without room or line the pages are simply not at hand.
  }
}
