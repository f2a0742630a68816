/// An element of the few and flat XML answers that S3 gives: its name without a prefix, the text directly in it, and its
/// elements. Attributes, comments and declarations are passed over; there are no entities but the five of XML and
/// numbers, so nothing in an answer can make it grow.
struct XMLElement {
    let name: String
    var text = ""
    var children: [XMLElement] = []

    /// The text of the first element of this name.
    subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Nil for what is no well-formed document.
    init?(parsing bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var open: [XMLElement] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            if let last = open.indices.last {
                guard let decoded = Self.decoded(rest[..<start]) else { return nil }
                open[last].text += decoded
            }
            guard let end = rest[start...].firstIndex(of: ">") else { return nil }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
            if !tag.hasPrefix("/") {
                guard open.count < 16 else { return nil }
                open.append(XMLElement(name: Self.name(tag.hasSuffix("/") ? tag.dropLast() : tag)))
            }
            guard tag.hasPrefix("/") || tag.hasSuffix("/") else { continue }
            guard let closed = open.popLast(), tag.hasSuffix("/") || closed.name == Self.name(tag.dropFirst()) else {
                return nil
            }
            guard let parent = open.indices.last else {
                self = closed
                return
            }
            open[parent].children.append(closed)
        }
        return nil
    }

    private init(name: String) {
        self.name = name
    }

    private static func name(_ tag: Substring) -> String {
        let name = tag.prefix { !$0.isWhitespace }
        return String(name.split(separator: ":").last ?? name)
    }

    private static func decoded(_ text: Substring) -> String? {
        guard text.contains("&") else { return String(text) }
        var decoded = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            decoded += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";"),
                let scalar = scalar(rest[rest.index(after: start)..<end])
            else { return nil }
            decoded.unicodeScalars.append(scalar)
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    private static func scalar(_ entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        default:
            if entity.hasPrefix("#x") {
                UInt32(entity.dropFirst(2), radix: 16).flatMap { Unicode.Scalar($0) }
            } else if entity.hasPrefix("#") {
                UInt32(entity.dropFirst()).flatMap { Unicode.Scalar($0) }
            } else {
                nil
            }
        }
    }
}
