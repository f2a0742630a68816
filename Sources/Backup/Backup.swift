// What is backed up, by which rules, and what the journal's records add up to. Pure.
//
//     initial state ── evolve(state, record) ──▶ state            the projections: manifest, policy, plan, inventory
//     decide(command, state) ──▶ events, or a refusal             the rules: labels grow, anchors fall due, one hash a label
//
// `BackupState` follows from the records alone, so a rebuild anywhere gives the same bytes. `decide` never looks at a
// disk or a clock: the current month is an argument. What a person reads of the journal (`log`, `audit`) is made here,
// as is what a machine asks itself before it acts: how much room a step needs, what a month still has to do, which
// artifacts bring a label back, what a configuration may say.
