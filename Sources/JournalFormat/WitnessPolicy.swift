/// Whose cosignatures make a checkpoint believable: a C2SP `tlog-policy`.
///
///     log devjournal/01936c5e-0000-7000-8000-000000000001+6c512e10+AR08…
///     witness w1 witness.example/w1+8f2ab1c0+BK7…  https://witness.example/w1
///     witness w2 witness.example/w2+03d1c9f2+BG1…
///     group both all w1 w2
///     quorum both
package struct WitnessPolicy: Sendable {
    /// Names are bytes: what looks alike need not be one.
    package typealias Name = [UInt8]

    package struct Witness: Sendable {
        package let name: Name
        package let key: VerifierKey
        /// Where it takes checkpoints, as the policy says it.
        package let url: String?
    }

    struct Group: Sendable {
        let name: Name
        /// How many of the members are enough.
        let threshold: Int
        let members: [Name]
    }

    package static let maximumLength = 1 << 18

    /// Any of them may have signed; none are named where the log is known from elsewhere.
    package let logs: [VerifierKey]
    package let witnesses: [Witness]
    /// In the order of their lines, so that each comes after its members.
    let groups: [Group]
    /// The witness or group that must have signed; nil where nobody need.
    let quorum: Name?

    init(logs: [VerifierKey], witnesses: [Witness], groups: [Group], quorum: Name?) {
        self.logs = logs
        self.witnesses = witnesses
        self.groups = groups
        self.quorum = quorum
    }

    /// What a checkpoint has of what is asked.
    package struct Finding: Sendable {
        /// The witnesses whose cosignatures are right, in the policy's order, and when they signed, in seconds since 1970.
        package let cosigners: [(witness: Witness, time: Int)]
        /// Signed by one of the logs, or none are named.
        package let isOfKnownLog: Bool
        package let hasQuorum: Bool

        package var isMet: Bool { isOfKnownLog && hasQuorum }
    }

    package func judge(_ note: SignedCheckpoint) -> Finding {
        let cosigners = witnesses.compactMap { witness in
            note.cosigned(by: witness.key).map { (witness: witness, time: $0) }
        }
        let isOfKnownLog =
            logs.isEmpty || logs.contains { $0.name == note.checkpoint.origin && note.isSigned(by: $0.key) }
        return Finding(
            cosigners: cosigners, isOfKnownLog: isOfKnownLog, hasQuorum: hasQuorum(Set(cosigners.map(\.witness.name))))
    }

    private func hasQuorum(_ cosigners: Set<Name>) -> Bool {
        guard let quorum else { return true }
        var met = cosigners
        for group in groups where group.members.count(where: met.contains) >= group.threshold { met.insert(group.name) }
        return met.contains(quorum)
    }

    /// How many cosignatures are enough where they are the right ones. A name is a member only once, so they add up.
    var fewestCosignatures: Int {
        guard let quorum else { return 0 }
        var fewest = Dictionary(uniqueKeysWithValues: witnesses.map { ($0.name, 1) })
        for group in groups {
            let needs = group.members.map { fewest[$0] ?? 0 }.sorted()
            fewest[group.name] = needs.prefix(group.threshold).reduce(0, +)
        }
        return fewest[quorum] ?? 0
    }
}
