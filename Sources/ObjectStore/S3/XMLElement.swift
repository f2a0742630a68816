/// An element of the few and flat XML answers that S3 gives: its name without a prefix, the text directly in it, and
/// its elements. Attributes, comments and declarations are passed over; there are no entities but the five of XML and
/// numbers, so nothing in an answer can make it grow. Each byte is looked at once.
struct XMLElement {
    /// More than any page of a thousand objects, parts or uploads has.
    static let maximumElements = 32_768
    private static let maximumDepth = 16

    let name: String
    var text = ""
    var children: [XMLElement] = []

    /// The text of the first element of this name.
    subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Whether a page of a listing has what each of its objects must have, and as many of them as it says.
    var isWhole: Bool {
        guard name == "ListBucketResult" else { return true }
        let objects = all("Contents")
        guard objects.allSatisfy({ $0["Key"] != nil && $0["Size"].flatMap { Int64($0) } != nil && $0["ETag"] != nil })
        else { return false }
        guard let said = self["KeyCount"] else { return true }
        return Int(said) == objects.count + all("CommonPrefixes").count
    }

    /// Nil for what is not a well-formed document, and for one that is larger or deeper than any answer.
    init?(parsing bytes: [UInt8]) {
        var open: [XMLElement] = []
        var elements = 0
        var position = 0
        while let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
            if let last = open.indices.last {
                guard let decoded = Self.decoded(bytes[position..<start]) else { return nil }
                open[last].text += decoded
            }
            guard let end = bytes[start...].firstIndex(of: UInt8(ascii: ">")) else { return nil }
            let tag = bytes[(start + 1)..<end]
            position = end + 1
            if tag.first == UInt8(ascii: "?") || tag.first == UInt8(ascii: "!") { continue }
            let closes = tag.first == UInt8(ascii: "/")
            let isEmpty = tag.last == UInt8(ascii: "/")
            guard let name = Self.name(closes ? tag.dropFirst() : tag) else { return nil }
            if !closes {
                elements += 1
                guard elements <= Self.maximumElements, open.count < Self.maximumDepth else { return nil }
                open.append(XMLElement(name: name))
            }
            guard closes || isEmpty else { continue }
            guard let closed = open.popLast(), !closes || closed.name == name else { return nil }
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

    /// The first word of a tag, without a prefix.
    private static func name(_ tag: ArraySlice<UInt8>) -> String? {
        let end = tag.firstIndex { $0 <= 0x20 || $0 == UInt8(ascii: "/") } ?? tag.endIndex
        let word = tag[..<end]
        let start = word.lastIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? word.startIndex
        return String(validating: word[start...], as: UTF8.self)
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var rest = text
        while let start = rest.firstIndex(of: UInt8(ascii: "&")) {
            decoded += rest[..<start]
            // An entity is short: what is not one must not be looked for to the end each time.
            guard let end = rest[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let scalar = scalar(String(decoding: rest[(start + 1)..<end], as: UTF8.self))
            else { return nil }
            decoded += Array(String(scalar).utf8)
            rest = rest[(end + 1)...]
        }
        return String(validating: decoded + rest, as: UTF8.self)
    }

    private static func scalar(_ entity: String) -> Unicode.Scalar? {
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
