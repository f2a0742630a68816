import Age

/// A recipient, and an identity, has one spelling, and one mistyped character is never another.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRecipient(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = fuzzInput(start, count)
    if let text = String(validating: bytes, as: UTF8.self), let recipient = read(text) {
        require(recipient.description == text, "a recipient is written as it was read")
        var changed = bytes
        changed[changed.count / 2] =
            changed[changed.count / 2] == UInt8(ascii: "q") ? UInt8(ascii: "p") : UInt8(ascii: "q")
        require(read(String(decoding: changed, as: UTF8.self)) == nil, "a mistyped recipient is found out")
    }
    if let identity = try? AgeIdentity(text: bytes.span) {
        identity.withText { text in
            require(text.indices.map { text[$0] } == bytes, "an identity is written as it was read")
        }
        require(read(identity.recipient.description) == identity.recipient, "its recipient can be read")
    }
    return 0
}

private func read(_ text: String) -> AgeRecipient? {
    do {
        return try AgeRecipient(text)
    } catch {
        require(!error.description.isEmpty, "an error has words")
        return nil
    }
}
