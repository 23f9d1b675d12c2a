import { byId, html, setText } from './dom.mjs'

/** @import { About, Now } from '../../src/stream/live/state.js' */

/** Buttons for what an operator may do. The token stays in its field: it is sent with each action and kept nowhere. */
export class Actions {
  #token = /** @type {HTMLInputElement} */ (byId('token'))
  #code = /** @type {HTMLSelectElement} */ (byId('code'))
  #go = /** @type {HTMLButtonElement} */ (byId('replay-go'))
  #answer = byId('answer')

  /** @param {About} about */
  constructor({ actions }) {
    byId('control').hidden = actions.length === 0
    byId('actions').addEventListener('submit', (event) => event.preventDefault())
    byId('replay').hidden = !actions.includes('replay')
    const plain = actions.filter((name) => name !== 'replay')
    byId('buttons').replaceChildren(
      ...plain.map((name) => {
        const button = html(
          'button',
          { type: 'button', 'data-action': name },
          name[0].toUpperCase() + name.slice(1),
        )
        button.addEventListener('click', () => void this.#ask(name, {}))
        return button
      }),
    )
    this.#code.addEventListener('change', () => {
      this.#go.disabled = true
    })
    byId('replay-count').addEventListener('click', async () => {
      this.#go.disabled = !(await this.#ask('replay', { ...this.#chosen(), dry_run: true }))
    })
    this.#go.addEventListener('click', async () => {
      this.#go.disabled = true
      await this.#ask('replay', this.#chosen())
    })
  }

  /** @param {Now} now */
  show({ letters, paused }) {
    for (const { code } of letters.byCode) {
      if ([...this.#code.options].every(({ value }) => value !== code))
        this.#code.append(html('option', { value: code }, code))
    }
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
      byId('buttons').querySelectorAll('button')
    )) {
      if (button.dataset.action === 'pause') button.disabled = paused
      if (button.dataset.action === 'resume') button.disabled = !paused
    }
  }

  #chosen() {
    return this.#code.value === '' ? {} : { code: this.#code.value }
  }

  /**
   * @param {string} name
   * @param {object} body
   * @returns {Promise<boolean>} whether it was done
   */
  async #ask(name, body) {
    setText(this.#answer, '…')
    try {
      const response = await fetch(`/live/actions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token.value}` },
        body: JSON.stringify(body),
      })
      const { done, error, remedy } = await response.json()
      setText(this.#answer, done ?? [error, remedy].filter(Boolean).join('. '))
      return response.ok
    } catch {
      setText(this.#answer, 'the process does not answer')
      return false
    }
  }
}
