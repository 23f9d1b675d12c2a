/** Quantities of a large-radius jet, of all its particles, that trees see. */
export const jetQuantities = 'pt mass sd_mass zg rg tau1 tau2 tau3 tau21 n_constituents'.split(' ')

/**
 * What `npm run bench -- twins` trains: a system, what differs from its quick preset, the figures that count, and the twins
 * it has beside boosted trees, which each has. `files` are names in the folder of --data. With `folds` = k it is trained k
 * times on other parts of the sample, so that every item is once in a test part of 1/k.
 */
export const slices = {
  'a1-mlp': {
    title: 'A1 polarization-regression, MLP',
    system: 'polarization-regression',
    files: ['zj_lo.arrow'],
    sets: [],
    figures: { r2_r_l: 'R² of r_L', r2_r_t: 'R² of r_T' },
    twins: ['torch'],
  },
  'a1-transformer': {
    title: 'A1 polarization-regression, Transformer',
    system: 'polarization-regression',
    files: ['zj_lo.arrow'],
    sets: ['recipe.network={"kind":"transformer","size":32,"blocks":2}'],
    figures: { r2_r_l: 'R² of r_L', r2_r_t: 'R² of r_T' },
    twins: ['torch'],
  },
  a5: {
    title: 'A5 ssww-polarization, MLPs',
    system: 'ssww-polarization',
    files: ['ssww.arrow', 'wzjj.arrow'],
    sets: [],
    figures: { auc_ll: 'AUC of LL', auc_lx: 'AUC of LX', auc_signal: 'AUC of signal' },
    twins: ['torch'],
  },
  'b2-deep-set': {
    title: 'B2 h4l-classifier, Deep Set',
    system: 'h4l-classifier',
    files: ['h4l.arrow'],
    sets: ['importance=0', 'fit.epochs=30'],
    figures: { auc_ggf: 'AUC', significance_60: 'significance at 60 %' },
    twins: ['torch'],
  },
  'b2-rnn': {
    title: 'B2 h4l-classifier, RNN',
    system: 'h4l-classifier',
    files: ['h4l.arrow'],
    sets: ['importance=0', 'recipe.network={"kind":"rnn"}', 'fit.epochs=30'],
    figures: { auc_ggf: 'AUC', significance_60: 'significance at 60 %' },
    twins: ['torch'],
  },
  c1: {
    title: 'C1 lundnet, small network',
    system: 'lundnet',
    files: ['largeR_jets.arrow'],
    sets: ['fit.epochs=4'],
    figures: { auc: 'AUC', rejection_50: 'rejection at 50 %' },
    twins: ['torch', 'authors'],
  },
  'c1-default': {
    title: 'C1 lundnet, default network',
    system: 'lundnet',
    files: ['largeR_jets.arrow'],
    sets: ['recipe.network={"blocks":[32,32,64,64,128,128],"fusion":384,"dense":256}', 'fit.epochs=4'],
    figures: { auc: 'AUC', rejection_50: 'rejection at 50 %' },
    twins: ['torch', 'authors'],
  },
  'c1-quick': {
    title: 'C1 lundnet, quick preset',
    system: 'lundnet',
    files: ['largeR_jets.arrow'],
    sets: ['data.split.validation=0.1'],
    folds: 2,
    figures: { auc: 'AUC', rejection_50: 'rejection at 50 %' },
    twins: ['torch', 'xgboost-graph'],
  },
  'c1-besides': {
    title: 'C1 lundnet, quick preset told of the jet',
    system: 'lundnet',
    files: ['largeR_jets.arrow'],
    sets: ['data.split.validation=0.1', `recipe.besides=${JSON.stringify(jetQuantities)}`],
    folds: 2,
    figures: { auc: 'AUC', rejection_50: 'rejection at 50 %' },
    twins: ['torch', 'xgboost-all'],
  },
}

/** The peers, in the order in which they are asked, and how a table names them. */
export const peers = {
  torch: 'PyTorch, same network',
  authors: "PyTorch, LundNet's authors",
  xgboost: 'XGBoost',
  'xgboost-graph': 'XGBoost, of splittings alone',
  'xgboost-all': 'XGBoost, with splittings',
}

/** The peers of a slice out of those that are wanted. */
export const peersOf = ({ twins }, wanted) =>
  Object.keys(peers).filter((peer) => wanted.includes(peer) && (peer === 'xgboost' || twins.includes(peer)))
