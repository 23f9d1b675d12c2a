import { byId, html, setText } from './dom.mjs'

/** @import { About, Now } from '../../src/stream/live/state.js' */

/** Actions with a form of their own; the others are one button each. */
const WITH_FORMS = ['replay', 'promote', 'rollback']

/** @typedef {HTMLButtonElement} Button */
/** @typedef {HTMLSelectElement} Select */

/** Buttons for what an operator may do. The token stays in its field: it is sent with each action and kept nowhere. */
export class Actions {
  #token = /** @type {HTMLInputElement} */ (byId('token'))
  #code = /** @type {Select} */ (byId('code'))
  #step = /** @type {Select} */ (byId('step'))
  #operation = /** @type {Select} */ (byId('operation'))
  #publish = /** @type {HTMLInputElement} */ (byId('publish'))
  #everywhere = /** @type {HTMLInputElement} */ (byId('everywhere'))
  /** What is on trial and what is live, by step. @type {Pick<Now, 'trials' | 'models'>} */
  #serving = { trials: [], models: [] }
  #answer = byId('answer')

  /** @param {About} about @param {AbortSignal} signal Ends its listeners. */
  constructor({ actions, groupActions, following }, signal) {
    byId('reach').hidden = groupActions.length === 0
    this.#everywhere.checked = false
    byId('control').hidden = actions.length === 0
    byId('actions').addEventListener('submit', (event) => event.preventDefault(), { signal })
    byId('buttons').replaceChildren(
      ...actions.filter((name) => !WITH_FORMS.includes(name)).map((name) => this.#button(name)),
    )
    byId('replay').hidden = !actions.includes('replay')
    const replay = () =>
      /** @type {const} */ (['replay', this.#code.value === '' ? {} : { code: this.#code.value }])
    this.#inTwoSteps('replay-count', 'replay-go', [this.#code], replay, signal)
    byId('operate').hidden = !actions.includes('promote')
    this.#step.replaceChildren(...following.map((step) => html('option', { value: step }, step)))
    const showPublish = () => {
      byId('publish-label').hidden = this.#operation.value !== 'rollback'
    }
    showPublish()
    this.#operation.addEventListener('change', showPublish, { signal })
    const operate = () => {
      const step = this.#step.value
      const operation = this.#operation.value
      const version = this.#versionOf(operation, step)
      const more = operation === 'rollback' ? { publish: this.#publish.checked } : {}
      // Where nothing is to be promoted or taken back, this process says so.
      const known = version === undefined ? {} : { version, group: this.#everywhere.checked }
      return /** @type {const} */ ([operation, { step, ...known, ...more }])
    }
    const choices = [this.#step, this.#operation, this.#publish, this.#everywhere]
    this.#inTwoSteps('operate-check', 'operate-go', choices, operate, signal)
  }

  /** @param {Now} now */
  show({ letters, paused, trials, models }) {
    this.#serving = { trials, models }
    for (const { code } of letters.byCode) {
      if ([...this.#code.options].every(({ value }) => value !== code))
        this.#code.append(html('option', { value: code }, code))
    }
    for (const button of /** @type {NodeListOf<Button>} */ (byId('buttons').querySelectorAll('button'))) {
      // Others may not be as this process is.
      const alone = !this.#everywhere.checked
      if (button.dataset.action === 'pause') button.disabled = alone && paused
      if (button.dataset.action === 'resume') button.disabled = alone && !paused
    }
  }

  /** @param {string} name */
  #button(name) {
    const text = name[0].toUpperCase() + name.slice(1)
    const button = html('button', { type: 'button', 'data-action': name }, text)
    button.addEventListener('click', () => void this.#ask(name, { group: this.#everywhere.checked }))
    return button
  }

  /** The version that would be promoted or taken back. @param {string} operation @param {string} step */
  #versionOf(operation, step) {
    const { trials, models } = this.#serving
    const found =
      operation === 'promote'
        ? trials.find((trial) => trial.step === step)
        : models.find((model) => model.step === step && model.share === undefined)
    return found?.version
  }

  /**
   * One button says what would be done, and only then the other does just that; another choice begins anew.
   * @param {string} checkId
   * @param {string} goId
   * @param {readonly HTMLElement[]} choices
   * @param {() => readonly [string, object]} request Name and body of the action.
   * @param {AbortSignal} signal
   */
  #inTwoSteps(checkId, goId, choices, request, signal) {
    const go = /** @type {Button} */ (byId(goId))
    // Of the present choice: what is answered to an earlier one allows nothing.
    let round = 0
    /** @type {readonly [string, object] | null} */
    let checked = null
    const forget = () => {
      round++
      go.disabled = true
    }
    forget()
    for (const choice of choices) choice.addEventListener('change', forget, { signal })
    const check = async () => {
      forget()
      const asked = round
      const [name, body] = request()
      const possible = await this.#ask(name, { ...body, dry_run: true })
      if (asked !== round) return
      checked = [name, body]
      go.disabled = !possible
    }
    const act = async () => {
      forget()
      if (checked !== null) await this.#ask(...checked)
    }
    byId(checkId).addEventListener('click', () => void check(), { signal })
    go.addEventListener('click', () => void act(), { signal })
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
