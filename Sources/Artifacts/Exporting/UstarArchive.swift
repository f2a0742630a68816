package import DurableFiles
import SystemPackage

/// Writes a tar archive in the ustar format (POSIX.1-1988, pax(1), "ustar Interchange Format"): a header of 512 bytes
/// and the content, padded, for each file, and two blocks of zeros at the end.
///
/// Owner, group and time are always the same, so the same content makes the same archive.
package struct UstarArchive: ~Copyable {
    private let file: OpenFile

    private static let block = 512

    /// - Parameter file: open for writing, empty.
    package init(writingTo file: consuming OpenFile) {
        self.file = file
    }

    /// - Parameter name: relative, at most 100 bytes.
    package func add(_ name: String, _ content: [UInt8]) throws {
        try file.write(Self.header(name, size: content.count, mode: 0o644, type: "0").span)
        try file.write(content.span)
        let rest = content.count % Self.block
        if rest > 0 { try file.write([UInt8](repeating: 0, count: Self.block - rest).span) }
    }

    /// - Parameter name: relative, with a slash at its end.
    package func addDirectory(_ name: String) throws {
        try file.write(Self.header(name, size: 0, mode: 0o755, type: "5").span)
    }

    /// Writes the end; the file is on the disk when this returns.
    package consuming func finish() throws {
        try file.write([UInt8](repeating: 0, count: 2 * Self.block).span)
        try file.synchronize()
        try file.close()
    }

    private static func header(_ name: String, size: Int, mode: Int, type: Unicode.Scalar) -> [UInt8] {
        precondition(name.utf8.count <= 100, "the names here are short")
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        /// `digits` octal digits; the NUL after them is there already.
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(mode, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar\0" + "00", at: 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\0 ", at: 148)
        return header
    }
}
