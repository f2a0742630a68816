import Machines

/// The arguments of a single `devjournal append`, as scripts write them.
///
/// Scripts append one event a process, and the parser of all that the command line can be takes longer than the append.
/// So the plain cases are read here; whatever else there is, wrong or merely rare, is left to it.
extension AppendRequest {
    /// Nil for what is not plain: an option written `--id=…`, given twice or unknown, a value that is missing or not
    /// valid.
    init?(plain arguments: [String]) {
        guard arguments.first == "append" else { return nil }
        var words = arguments.dropFirst()
        var seen: [String] = []
        while let word = words.popFirst() {
            if !word.utf8.starts(with: "-".utf8) {
                if type == nil { type = word } else { members.append(word) }
                continue
            }
            guard !seen.contains(word), read(word, &words) else { return nil }
            seen.append(word)
        }
        if type == nil { return nil }
    }

    private mutating func read(_ option: String, _ words: inout ArraySlice<String>) -> Bool {
        if option == "--json" {
            asJSON = true
            return true
        }
        guard let value = words.popFirst(), value == "-" && option == "--data" || !value.utf8.starts(with: "-".utf8)
        else { return false }
        switch option {
        case "--config":
            config = value
            return !value.isEmpty
        case "--data": data = value
        case "--id": id = value
        case "--expect-seq":
            expectSeq = Int(value)
            return expectSeq != nil
        case "--lock-timeout":
            lockTimeout = Double(value)
            return lockTimeout.map { (0...1_000_000).contains($0) } ?? false
        case "--as":
            speaker = Speaker(rawValue: value)
            return speaker != nil
        default: return false
        }
        return true
    }
}
