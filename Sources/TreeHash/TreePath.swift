internal import Catalogue
internal import SystemPackage

/// Where an object lies below the top of a tree: bytes, `.` for the top itself, else `./a/b`.
package struct TreePath: Hashable, Sendable {
    package private(set) var bytes: [UInt8]

    package static let top = TreePath(bytes: [UInt8(ascii: ".")])

    /// From the top down.
    init(names: [[UInt8]]) {
        bytes = names.reduce(into: Self.top.bytes) { $0 += [UInt8(ascii: "/")] + $1 }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func cut(to length: Int) { bytes.removeLast(bytes.count - length) }

    mutating func append(_ name: EntryName) {
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: name.dropLast())
    }

    /// Without the `./`: as a send stream and a person have it.
    package var relative: ArraySlice<UInt8> { bytes.dropFirst(2) }

    /// On one line: as it is where it is plain text, else printable ASCII as in the listing.
    package var text: String {
        let bytes = self == .top ? bytes[...] : relative
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: Self.isControl) {
            return text
        }
        return String(decoding: EscapedText.text(Array(bytes)), as: UTF8.self)
    }

    /// Below `top`, for a message.
    func path(below top: FilePath) -> FilePath { self == .top ? top : FilePath("\(top)/\(text)") }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}
