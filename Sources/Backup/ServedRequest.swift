/// What a workstation may ask of the server over ssh, where sshd runs one forced command and hands over what the client
/// wanted to run as text. Nothing of it reaches a shell: it is one of these, word for word, or it is refused.
package enum ServedRequest: Sendable, Equatable {
    /// Who answers: version, journal, root.
    case hello
    /// A delivery on standard input (journal-format.md, "Deliveries").
    case deliver
    /// A delivery, and before its answer what the server lacks (`ServerReport`).
    case exchange
    /// The end of a handover (`SettlementRequest`): registers, follows, and answers a delivery.
    case settle
    /// The journal's lines from that record on.
    case lines(from: Int)
    /// The chain that brings a label back; nil: the latest.
    case plan(Label?)
    /// Receives that artifact into the incoming directory, by rsync's own protocol. The words are rsync's arguments, a
    /// limit to its patience among them.
    case receive(ArtifactName, rsync: [String])
    /// Takes what arrived into the repository.
    case register(ArtifactName)
    /// The server's working copy follows the label.
    case follow(Label)
    /// Send streams of the label's chain, those after `after`, one after the other, on standard output.
    case restore(Label, after: Label?)
    /// Catalogues of the label's chain and files of it (`ReadRequest` on standard input).
    case read(Label)

    /// Seconds without a byte after which rsync ends, whatever the client has wished. Before the first one both sides
    /// read what is there already, and the slower one may keep the other waiting.
    package static let transferPatience = 600

    /// Longer than any request that is one.
    private static let longest = 512

    package init(_ text: String, dataset: String) throws(ServedRequestError) {
        guard text.utf8.count <= Self.longest else {
            throw ServedRequestError(description: "a request that is too long")
        }
        guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw ServedRequestError(description: "a request with characters that none has")
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let operands = Array(words.dropFirst())
        let verb = words.first ?? ""
        func operand(_ counts: ClosedRange<Int>) throws(ServedRequestError) {
            guard counts.contains(operands.count) else {
                throw ServedRequestError(description: "\(verb) with other words than it takes")
            }
        }
        func label(_ word: String) throws(ServedRequestError) -> Label {
            guard let label = Label(word), label.dataset == dataset else {
                throw ServedRequestError(description: "what is not a label of \(dataset)")
            }
            return label
        }
        switch verb {
        case "hello":
            try operand(0...0)
            self = .hello
        case "deliver":
            try operand(0...0)
            self = .deliver
        case "exchange":
            try operand(0...0)
            self = .exchange
        case "settle":
            try operand(0...0)
            self = .settle
        case "lines":
            try operand(1...1)
            guard let first = Int(operands[0]), first > 0, "\(first)" == operands[0] else {
                throw ServedRequestError(description: "what is not a record's number")
            }
            self = .lines(from: first)
        case "plan":
            try operand(1...1)
            self = .plan(operands[0] == "latest" ? nil : try label(operands[0]))
        case "register":
            try operand(1...1)
            self = .register(try Self.artifact(operands[0], dataset))
        case "follow":
            try operand(1...1)
            self = .follow(try label(operands[0]))
        case "restore":
            try operand(1...2)
            self = .restore(try label(operands[0]), after: operands.count == 2 ? try label(operands[1]) : nil)
        case "read":
            try operand(1...1)
            self = .read(try label(operands[0]))
        case "rsync":
            self = try Self.rsync(operands, dataset)
        default:
            throw ServedRequestError(description: "a command that is not one of the few that are served")
        }
    }

    private static func artifact(_ word: String, _ dataset: String) throws(ServedRequestError) -> ArtifactName {
        guard let name = ArtifactName(word), name.label.dataset == dataset, name.description == word else {
            throw ServedRequestError(description: "what is not an artifact's name")
        }
        return name
    }

    /// `rsync --append-verify FILE HOST:NAME` asks for `rsync --server -e… [--timeout=N] --append --append . NAME`,
    /// where `-e` tells what the client's version can do. No other option is needed, so none is let through: no
    /// `--sender` to read with, no `--delete`, no links, modes or directories.
    private static func rsync(_ words: [String], _ dataset: String) throws(ServedRequestError) -> ServedRequest {
        let refused = ServedRequestError(description: "rsync with other words than sending one artifact takes")
        guard words.count >= 6, words[0] == "--server", words[1].hasPrefix("-e") else { throw refused }
        let abilities = words[1].dropFirst(2)
        let isPlain = abilities.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard abilities.contains("."), isPlain else { throw refused }
        var rest = words[2...]
        var patience = transferPatience
        if let timeout = rest.first, timeout.hasPrefix("--timeout=") {
            let seconds = timeout.dropFirst("--timeout=".count)
            guard !seconds.isEmpty, seconds.utf8.count <= 5, seconds.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw refused }
            // 0 is rsync's word for ever.
            if let wished = Int(seconds), wished > 0 { patience = min(wished, patience) }
            rest = rest.dropFirst()
        }
        guard rest.count == 4, rest.prefix(3) == ["--append", "--append", "."], let last = rest.last else {
            throw refused
        }
        return .receive(
            try artifact(last, dataset), rsync: Array(words[..<2]) + ["--timeout=\(patience)"] + Array(rest))
    }
}

/// Why a request is not answered.
package struct ServedRequestError: Error, Equatable, CustomStringConvertible {
    package let description: String
}
