/** Units that may follow a number (`30 GeV`), as factors to the base units GeV, mm and rad. */
export const units: ReadonlyMap<string, number> = new Map([
  ['MeV', 1e-3],
  ['GeV', 1],
  ['TeV', 1e3],
  ['mm', 1],
  ['cm', 10],
  ['rad', 1],
  ['deg', Math.PI / 180],
])
