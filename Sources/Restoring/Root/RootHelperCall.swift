package import Backup
package import JournalFormat

/// What the root helper is asked for. Every word is checked, because anybody who took over the server's user would call
/// it.
package enum RootHelperCall: Sendable, Equatable {
    case subvolume(Label)
    case receive(Label)
    case compare(Label)
    case list(Label)
    case clear
    case place
    case follow(Label)
    case withdraw(Label)

    package enum Verb: String, CaseIterable, Sendable {
        case subvolume, receive, compare, list, clear, place, follow, withdraw
    }

    /// The word by which the helper is asked to read verbs, a line each, until nobody asks any more.
    package static let session = "session"

    /// A line of a session.
    package init(line: String, dataset: String) throws(RootHelperError) {
        let words = line.split(separator: " ").map(String.init)
        guard let first = words.first, let verb = Verb(rawValue: first) else { throw .notAVerb }
        try self.init(verb, Array(words.dropFirst()), dataset: dataset)
    }

    /// - Parameter words: what stands after the verb.
    package init(_ verb: Verb, _ words: [String], dataset: String) throws(RootHelperError) {
        func label() throws(RootHelperError) -> Label {
            try Self.require(1, of: words, for: verb)
            guard let label = Label(words[0]), label.dataset == dataset else { throw .notALabel(dataset: dataset) }
            return label
        }
        switch verb {
        case .subvolume: self = .subvolume(try label())
        case .receive: self = .receive(try label())
        case .compare: self = .compare(try label())
        case .list: self = .list(try label())
        case .follow: self = .follow(try label())
        case .withdraw: self = .withdraw(try label())
        case .clear, .place:
            try Self.require(0, of: words, for: verb)
            self = verb == .clear ? .clear : .place
        }
    }

    private static func require(_ count: Int, of words: [String], for verb: Verb) throws(RootHelperError) {
        guard words.count == count else {
            throw .wordCount(verb.rawValue, words: Plain.counted(count, "word"))
        }
    }

    package var verb: Verb {
        switch self {
        case .subvolume: .subvolume
        case .receive: .receive
        case .compare: .compare
        case .list: .list
        case .clear: .clear
        case .place: .place
        case .follow: .follow
        case .withdraw: .withdraw
        }
    }

    /// The verb and what it is of.
    var words: [String] {
        switch self {
        case .subvolume(let label), .receive(let label), .compare(let label), .list(let label), .follow(let label),
            .withdraw(let label):
            [verb.rawValue, label.description]
        case .clear, .place: [verb.rawValue]
        }
    }

    /// Does it.
    ///
    /// - Parameters:
    ///   - progress: told how many bytes of an artifact were opened.
    ///   - text: gets what is listed.
    /// - Returns: the answer; null where there is nothing to say.
    package func answer(
        by steps: some RootSteps, progress: @escaping @Sendable (UInt64) -> Void,
        text: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> JSONValue {
        switch self {
        case .subvolume(let label): return try await steps.subvolume(label).map { .object($0.json) } ?? .null
        case .receive(let label): return .object(try await steps.receive(label, progress: progress).json)
        case .follow(let label): return .object(try await steps.follow(label).json)
        case .withdraw(let label): return .string(try await steps.withdraw(label))
        case .list(let label): return .string(try await steps.list(label, text: text))
        case .compare(let label): try await steps.compare(label)
        case .clear: try await steps.clear()
        case .place: try await steps.requirePlace()
        }
        return .null
    }
}
