internal import CZstd

/// Why bytes could not be compressed, or were refused.
package enum ZstdError: Error, Equatable, CustomStringConvertible {
    /// Not the beginning of a Zstandard frame; a skippable frame is none either.
    case notZstandard
    case empty
    case truncated
    /// Something follows the frame: exactly one is expected.
    case trailingBytes
    /// The frame wants a larger window than 2^27 bytes.
    case windowTooLarge
    /// More came out than was allowed.
    case outputTooLarge(limit: UInt64)
    /// The frame is damaged; `reason` is libzstd's.
    case damaged(reason: String)
    /// libzstd refused a setting.
    case setting(String, reason: String)
    case outOfMemory
    /// libzstd failed to compress.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .notZstandard: "this is not zstd data"
        case .empty: "there is no zstd data at all"
        case .truncated: "the zstd data ends too early"
        case .trailingBytes: "there are bytes after the end of the zstd frame"
        case .windowTooLarge: "the zstd frame needs more memory than the 128 MiB that are allowed"
        case .outputTooLarge(let limit): "the zstd data unpacks to more than the \(limit) bytes it should hold"
        case .damaged(let reason): "the zstd data is damaged: \(reason.lowercased())"
        case .setting(let name, let reason): "zstd refused the setting \(name): \(reason.lowercased())"
        case .outOfMemory: "there is not enough memory for zstd"
        case .failed(let reason): "zstd failed to compress: \(reason.lowercased())"
        }
    }
}

/// libzstd's result: a number, or an error in disguise (`ZSTD_isError`).
func valid(_ result: Int, or failure: (String) -> ZstdError) throws(ZstdError) -> Int {
    if ZSTD_isError(result) == 0 { return result }
    switch ZSTD_getErrorCode(result) {
    case ZSTD_error_memory_allocation: throw .outOfMemory
    case ZSTD_error_frameParameter_windowTooLarge: throw .windowTooLarge
    default: throw failure(unsafe String(cString: ZSTD_getErrorName(result)))
    }
}

/// The version of libzstd, as in `1.5.4`.
package var zstdVersion: String { unsafe String(cString: ZSTD_versionString()) }
