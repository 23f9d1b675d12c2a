import { answerTrials } from '../train/optimize/answer.js'
import { recipeOf } from './recipe-option.js'

// A process of `spillway optimize`: its parent sends trials, one at a time.
answerTrials(recipeOf)
