import JournalFormat

/// Strict JSON has one spelling: what is read is written again as the same bytes, and read again as the same value.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzStrictJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = fuzzInput(start, count)
    guard let value = try? JSONValue(parsing: bytes) else { return 0 }
    require(value.bytes == bytes, "a value is written as it was read")
    guard let again = try? JSONValue(parsing: value.bytes) else { fatalError("what was written cannot be read") }
    require(again == value, "a value equals itself")
    if case .object(let object) = value {
        for member in object.members {
            require(object[member.key] == member.value, "a key names one member")
        }
    }
    return 0
}
