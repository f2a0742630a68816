import CCarried

/// Files of the repository that the binary carries, so that an export needs nothing but the binary.
package enum CarriedFile {
    /// `tools/verify_journal.py`: a verifier that shares no code with this program.
    package static var verifier: [UInt8] { unsafe read(ccarried_verifier) }
    /// `journal-format.md`
    package static var format: [UInt8] { unsafe read(ccarried_format) }

    private static func read(_ file: (UnsafeMutablePointer<Int>?) -> UnsafePointer<UInt8>?) -> [UInt8] {
        var size = 0
        let start = unsafe file(&size)
        return unsafe Array(UnsafeBufferPointer(start: start, count: size))
    }
}
