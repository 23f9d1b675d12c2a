/** @typedef {'auto' | 'light' | 'dark'} Choice */

const KEY = 'spillway-theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

/** @returns {Choice} */
function stored() {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
    return 'auto'
  }
}

/** @param {Choice} choice */
function apply(choice) {
  const name = choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice
  document.documentElement.dataset.theme = name
}

/**
 * Follows the system or the reader's choice, which it remembers.
 * @param {HTMLElement} field Radio buttons auto, light and dark.
 * @param {() => void} changed Canvases must be drawn again.
 */
export function followTheme(field, changed) {
  let choice = stored()
  const radios = [...field.querySelectorAll('input')]
  for (const radio of radios) {
    radio.checked = radio.value === choice
    radio.addEventListener('change', () => {
      choice = /** @type {Choice} */ (radio.value)
      try {
        localStorage.setItem(KEY, choice)
      } catch {
        // As above.
      }
      apply(choice)
      changed()
    })
  }
  dark.addEventListener('change', () => {
    apply(choice)
    changed()
  })
  apply(choice)
}

/** The present value of a colour of the style sheet. @param {string} name */
export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
