// The rows of a decision table: keys for what the buttons do, and the keyboard back where it was. It decides nothing.
let height = 0 // how far the rows were scrolled
export const rows = () => ({
  saving: false,
  init() {
    const { focus } = this.$root.dataset
    const place = focus && document.getElementById(focus)
    this.$root.querySelector('.lq-rowsbox').scrollTop = height
    if (place) {
      place.focus({ preventScroll: true })
      ;(place.closest('tr') || place).scrollIntoView({ block: 'nearest' })
      const row = place.closest('tr[data-number]')
      if (row && row.matches('[data-row]')) row.classList.add('lq-here')
    }
    this.asks = (event) => {
      if (document.contains(this.$root) && 'unsaved' in this.$root.dataset && !this.saving) event.preventDefault()
    }
    window.addEventListener('beforeunload', this.asks)
  },
  destroy() { window.removeEventListener('beforeunload', this.asks) },
  leave() { this.saving = true },
  scrolled(event) { height = event.target.scrollTop },
  row(event) {
    return event.target.closest('tr[data-row][data-number]') || this.$root.querySelector('tr[data-row].lq-here')
  },
  act(event, name) {
    const button = this.row(event)?.querySelector(`[data-act="${name}"]`)
    if (!button || button.disabled) return
    event.preventDefault()
    button.click()
  },
  press(event) {
    if (event.target !== document.body && !this.$root.contains(event.target)) return
    const typing = event.target.closest('input:not([type=checkbox]),select,textarea')
    if (event.key === 'Escape' && event.target.closest('.lq-panel')) this.$root.querySelector('[data-act=cancel]').click()
    else if (event.altKey && event.key === 'ArrowUp') this.act(event, 'up')
    else if (event.altKey && event.key === 'ArrowDown') this.act(event, 'down')
    else if (typing || event.ctrlKey || event.metaKey || event.altKey) return
    else if (event.key === 'Enter' && event.target === document.body) this.act(event, 'open')
    else if (event.key === 'n') this.act(event, 'add')
    else if (event.key === 'd') this.act(event, 'copy')
    else if (event.key === 'Delete') this.act(event, 'delete')
  },
  // A click on a cell opens its row at that column.
  touch(event) {
    if (event.target.closest('[data-drops]')) this.saving = true
    const cell = event.target.closest('td[data-column]')
    if (!cell || window.getSelection().toString()) return
    const button = cell.parentElement.querySelector('[data-act=open]')
    if (!button) return
    this.$root.querySelector('[name=at]').value = cell.dataset.column
    button.click()
  },
})
