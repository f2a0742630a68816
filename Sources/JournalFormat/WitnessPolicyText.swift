/// Why a policy cannot be used. Lines are counted from 1.
package struct WitnessPolicyError: Error, Equatable, CustomStringConvertible {
    package let line: Int?
    package let what: String

    package var description: String { line.map { "line \($0): \(what)" } ?? what }
}

extension WitnessPolicy {
    /// Parses a policy's text.
    package init(parsing bytes: [UInt8]) throws(WitnessPolicyError) {
        guard bytes.count <= Self.maximumLength else {
            throw WitnessPolicyError(line: nil, what: "a policy has at most \(Self.maximumLength) bytes")
        }
        var reader = WitnessPolicyReader()
        try reader.read(bytes)
        self = try reader.policy()
    }
}

/// Reads a policy line by line; what a line names was defined before it.
private struct WitnessPolicyReader {
    private typealias Name = WitnessPolicy.Name

    private var logs: [VerifierKey] = []
    private var witnesses: [WitnessPolicy.Witness] = []
    private var groups: [WitnessPolicy.Group] = []
    private var quorum: (name: Name?, line: Int)?
    private var defined: Set<Name> = []
    private var members: Set<Name> = []
    private var line = 0

    private static let none = Array("none".utf8)

    private func refusal(_ what: String) -> WitnessPolicyError { WitnessPolicyError(line: line, what: what) }

    mutating func read(_ bytes: [UInt8]) throws(WitnessPolicyError) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let rest = lines.removeLast()
        for text in lines {
            line += 1
            guard text.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f }) else {
                throw refusal("a character that no policy holds")
            }
            let words = text.split { $0 == 0x20 || $0 == 0x09 }.map { Array($0) }
            guard let first = words.first, first[0] != UInt8(ascii: "#") else { continue }
            try read(String(decoding: first, as: UTF8.self), Array(words.dropFirst()))
        }
        line += 1
        guard rest.isEmpty else { throw refusal("the last line does not end with a line feed") }
    }

    private mutating func read(_ keyword: String, _ words: [Name]) throws(WitnessPolicyError) {
        switch keyword {
        case "log":
            guard (1...2).contains(words.count) else { throw refusal("a log has a key and maybe a URL") }
            let key = try key(words[0], .ed25519, "a log")
            guard !logs.contains(where: { $0.key == key.key }) else {
                throw refusal("this log's key stands here twice")
            }
            logs.append(key)
        case "witness":
            guard (2...3).contains(words.count) else { throw refusal("a witness has a name, a key and maybe a URL") }
            let key = try key(words[1], .cosignature, "a witness")
            guard !witnesses.contains(where: { $0.key.key == key.key }) else {
                throw refusal("this witness's key stands here twice")
            }
            try define(words[0])
            let url = words.count == 3 ? String(decoding: words[2], as: UTF8.self) : nil
            witnesses.append(WitnessPolicy.Witness(name: words[0], key: key, url: url))
        case "group":
            guard words.count >= 3 else { throw refusal("a group has a name, a threshold and members") }
            try group(words[0], threshold: words[1], Array(words[2...]))
        case "quorum":
            guard words.count == 1 else { throw refusal("a quorum is one name") }
            guard quorum == nil else { throw refusal("a second quorum") }
            if words[0] != Self.none { try requireDefined(words[0]) }
            quorum = (words[0] == Self.none ? nil : words[0], line)
        default:
            throw refusal("a line begins with log, witness, group or quorum")
        }
    }

    private func key(
        _ text: Name, _ algorithm: VerifierKey.Algorithm, _ whose: String
    ) throws(WitnessPolicyError) -> VerifierKey {
        guard let text = String(validating: text, as: UTF8.self), let key = VerifierKey(text) else {
            throw refusal("no verifier key that this version knows")
        }
        guard key.algorithm == algorithm else { throw refusal("the key is not of the kind that \(whose) has") }
        return key
    }

    private mutating func group(
        _ name: Name, threshold text: Name, _ names: [Name]
    ) throws(WitnessPolicyError) {
        for member in names {
            try requireDefined(member)
            guard members.insert(member).inserted else { throw refusal("a member of two groups, or twice of one") }
        }
        let threshold: Int
        switch String(decoding: text, as: UTF8.self) {
        case "any": threshold = 1
        case "all": threshold = names.count
        case let digits:
            guard let number = Int(digits), String(number) == digits else {
                throw refusal("a threshold is any, all or a number")
            }
            guard number >= 1 else { throw refusal("a threshold is at least 1") }
            guard number <= names.count else {
                throw refusal("nobody can meet this: \(number) of \(names.count) members")
            }
            threshold = number
        }
        try define(name)
        groups.append(WitnessPolicy.Group(name: name, threshold: threshold, members: names))
    }

    private mutating func define(_ name: Name) throws(WitnessPolicyError) {
        guard name != Self.none else { throw refusal("`none` cannot name a witness or a group") }
        guard defined.insert(name).inserted else { throw refusal("a name that stands for something else already") }
    }

    private func requireDefined(_ name: Name) throws(WitnessPolicyError) {
        guard defined.contains(name) else { throw refusal("a name that no line before defines") }
    }

    func policy() throws(WitnessPolicyError) -> WitnessPolicy {
        guard let quorum else { throw WitnessPolicyError(line: nil, what: "there is no quorum") }
        let policy = WitnessPolicy(logs: logs, witnesses: witnesses, groups: groups, quorum: quorum.name)
        guard policy.fewestCosignatures <= SignedCheckpoint.maximumOthers else {
            throw WitnessPolicyError(
                line: quorum.line,
                what:
                    "nobody can meet this: it takes \(policy.fewestCosignatures) cosignatures, and a checkpoint holds "
                    + "\(SignedCheckpoint.maximumOthers)")
        }
        return policy
    }
}
