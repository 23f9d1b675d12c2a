import { repository } from '../../support/cli.js'

/** Arguments of an optimization of a dozen trainings of a second each. */
export const tiny: readonly string[] = [
  '--quiet',
  ...['--data', repository('demo/data/ssww.arrow')],
  ...['--processes', '2'],
  ...[
    'run.recipe.classifiers=[ll]',
    'run.recipe.network.layers=1',
    'run.fit.epochs=3',
    'optimize.search={brackets: 1, size: 3, rungs: 2, reduction: 3, startup: 2}',
    'optimize.second_search={brackets: 1, size: 2, rungs: 1, startup: 0}',
    'optimize.elimination={mode: shuffle, per_iteration: 20, keep: 3, stop: 0.5}',
    'optimize.folds=2',
  ].flatMap((set) => ['--set', set]),
]
