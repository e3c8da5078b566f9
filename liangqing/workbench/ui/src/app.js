// What every page loads. Pages work without it as plain links and form posts; here they become quick and keyboard-friendly.
import '@tabler/core/dist/css/tabler.min.css'
import '@fontsource-variable/noto-sans-sc/index.css'
import './app.css'
import htmx from 'htmx.org'
import Alpine from '@alpinejs/csp'
import { keys } from './keys.js'
import { rows } from './rows.js'
import { visits } from './visits.js'

window.htmx = htmx
htmx.config.allowEval = false
htmx.config.includeIndicatorStyles = false
htmx.config.selfRequestsOnly = true
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '(403|404|409|422)', swap: true, error: false },
  { code: '...', swap: false, error: true },
]

document.addEventListener('htmx:configRequest', (event) => {
  const token = document.querySelector('meta[name=csrf-token]')
  if (token) event.detail.headers['X-CSRFToken'] = token.content
})

// A refusal or a failed connection is said where the eye is, not swallowed.
const say = (text) => {
  const place = document.getElementById('toasts')
  if (!place || !text) return
  const toast = document.createElement('div')
  toast.className = 'lq-toast'
  toast.setAttribute('role', 'alert')
  toast.textContent = text
  place.append(toast)
  setTimeout(() => toast.remove(), 8000)
}
document.addEventListener('htmx:sendError', () => say(document.body.dataset.offline))
document.addEventListener('htmx:responseError', () => say(document.body.dataset.failed))
document.addEventListener('say', (event) => say(event.detail.value || event.detail))

// Selected rows of a list, and what can be done with them.
Alpine.data('selection', () => ({
  count: 0,
  all(event) {
    this.$root.querySelectorAll('input[data-pick]').forEach((box) => { box.checked = event.target.checked })
    this.tally()
  },
  tally() { this.count = this.$root.querySelectorAll('input[data-pick]:checked').length },
  get none() { return this.count === 0 },
}))
// A part of a form that only shows for some choices: data-shows-for="code other" on the part.
Alpine.data('choices', () => ({
  init() { this.sift() },
  sift() {
    this.$root.querySelectorAll('[data-shows-for]').forEach((part) => {
      const [name, ...values] = part.dataset.showsFor.split(' ') // 'contact ' stands for the empty choice
      const field = this.$root.querySelector(`[name="${name}"]:checked`) || this.$root.querySelector(`select[name="${name}"]`)
      part.hidden = !(field && values.includes(field.value))
    })
  },
}))
Alpine.data('rows', rows)
Alpine.start()

// The drawer: a link with data-drawer opens its target beside the list; Escape closes it.
const drawer = () => document.getElementById('drawer')
document.addEventListener('htmx:afterSwap', (event) => {
  if (event.detail.target.id === 'drawer-body' && drawer()) {
    drawer().hidden = false
    const first = drawer().querySelector('[autofocus]')
    if (first) first.focus()
  }
})
document.addEventListener('click', (event) => {
  const closer = event.target.closest('[data-close-drawer]')
  if (closer) drawer().hidden = true
  const row = event.target.closest('tr[data-href]')
  if (row && !event.target.closest('a,button,input,label,select,form')) {
    const link = row.querySelector('a[data-open]') || row.querySelector('a')
    if (link) link.click()
  }
  const printer = event.target.closest('[data-print]')
  if (printer) window.print()
})
// A button that puts a text into a field where the cursor stands: data-insert, data-into. Without scripts it is a submit.
document.addEventListener('click', (event) => {
  const inserter = event.target.closest('[data-insert]')
  const field = inserter && document.getElementById(inserter.dataset.into)
  if (!field) return
  event.preventDefault()
  field.setRangeText(inserter.dataset.insert, field.selectionStart, field.selectionEnd, 'end')
  field.focus()
  field.dispatchEvent(new Event('input', { bubbles: true }))
})
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submits]')) event.target.form.requestSubmit()
})
// What scrolls sideways can be reached by keyboard too.
const reachable = () => document.querySelectorAll('.lq-scroll').forEach((part) => {
  if (part.scrollWidth > part.clientWidth) part.tabIndex = 0
})
reachable()
document.addEventListener('htmx:afterSwap', reachable)
keys({ say })
visits()
