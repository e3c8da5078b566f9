// Keys of the desk: j/k through rows, Enter opens, / searches, c records a contact, p takes a promise, ? helps, Esc closes.
export function keys() {
  const typing = (node) => node.closest('input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable]')
  const rows = () => [...document.querySelectorAll('tr[data-row]')]
  const mark = (step) => {
    const list = rows()
    if (!list.length) return
    const at = list.findIndex((row) => row.classList.contains('lq-here'))
    const next = list[Math.min(Math.max(at + step, 0), list.length - 1)]
    list.forEach((row) => { row.classList.remove('lq-here'); row.removeAttribute('aria-selected') })
    next.classList.add('lq-here')
    next.setAttribute('aria-selected', 'true')
    next.scrollIntoView({ block: 'nearest' })
  }
  document.addEventListener('keydown', (event) => {
    const drawer = document.getElementById('drawer')
    const help = document.getElementById('help')
    if (event.key === 'Escape') {
      if (help && help.open) help.close()
      else if (drawer) drawer.hidden = true
      if (typing(event.target)) event.target.blur()
      return
    }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault()
      event.target.form.requestSubmit()
      return
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return
    const press = (selector) => {
      const open = drawer && !drawer.hidden ? drawer : document
      const node = open.querySelector(selector) || document.querySelector(selector)
      if (node) { event.preventDefault(); /^(INPUT|SELECT|TEXTAREA)$/.test(node.tagName) ? (node.focus(), node.scrollIntoView({ block: 'center' })) : node.click() }
    }
    if (event.key === 'j') mark(1)
    else if (event.key === 'k') mark(-1)
    else if (event.key === 'Enter') { if (event.target === document.body || event.target.matches('tr')) press('tr.lq-here a[data-open]') }
    else if (event.key === '/') press('[data-key="/"]')
    else if (event.key === '?') { if (help) help.showModal() }
    else if (event.key === 'e') press('tr.lq-here [data-why]')
    else if (/^[a-z[\]]$/.test(event.key)) press(`[data-key="${event.key}"]`)
  })
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-help]')) document.getElementById('help').showModal()
    if (event.target.closest('[data-close-help]')) document.getElementById('help').close()
  })
}
