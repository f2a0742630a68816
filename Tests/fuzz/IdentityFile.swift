import Age

/// The identities of a file are those of its lines, and each has one spelling.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzIdentityFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = fuzzInput(start, count)
    do throws(AgeError) {
        let identities = try AgeIdentityFile.parse(bytes.span)
        let written = identities.map { $0.withText { text in text.indices.map { text[$0] } } }
        require(written == keyLines(bytes), "identities are written as they were read")
        for identity in identities {
            let recipient = "\(identity.recipient)"
            guard let again = try? AgeRecipient(recipient) else { fatalError("a recipient cannot be read") }
            require("\(again)" == recipient, "a recipient is written as it was read")
        }
    } catch {
        require(!error.description.isEmpty, "an error has words")
    }
    return 0
}

/// Lines that are neither empty nor comments, without LF or CR LF.
private func keyLines(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.isEmpty || line.first == UInt8(ascii: "#") ? nil : Array(line)
    }
}
