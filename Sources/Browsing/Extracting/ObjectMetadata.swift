import CLinux
import Catalogue
import Glibc
import SystemPackage

/// Owner, mode, time and attributes of a new object, as a listing has them.
struct ObjectMetadata {
    private static let setIDs: UInt16 = 0o6000

    private let entry: ListingEntry
    private let directory: Int32
    private let name: [UInt8]

    /// - Parameter name: with its zero; `.` for the directory itself.
    init(_ entry: ListingEntry, of name: [UInt8], in directory: Int32) {
        self.entry = entry
        self.name = name
        self.directory = directory
    }

    /// In the order in which none undoes another: a new owner takes capabilities and set-ID bits away, an ACL changes the
    /// mode, and anything the time of change.
    func apply(_ losses: inout ExtractionLosses) throws(Errno) {
        let hasOwner = try setOwner(&losses)
        setAttributes(&losses)
        let mode = hasOwner ? entry.mode : entry.mode & ~Self.setIDs
        // What becomes of them is compared in the end.
        if entry.kind != .symbolicLink { _ = unsafe clinux_set_mode_at(directory, name, mode_t(mode)) }
        if let modified = entry.modified { setTime(modified) }
        try compare(&losses)
    }

    private func failure() -> String { Errno(rawValue: clinux_errno()).inSentence }

    private func status() throws(Errno) -> stat {
        var status = stat()
        if unsafe clinux_status_at(directory, name, &status) != 0 { throw Errno(rawValue: clinux_errno()) }
        return status
    }

    private func setOwner(_ losses: inout ExtractionLosses) throws(Errno) -> Bool {
        let status = try status()
        if status.st_uid == entry.owner && status.st_gid == entry.group { return true }
        if unsafe clinux_set_owner_at(directory, name, entry.owner, entry.group) == 0 { return true }
        losses.add(.owner, entry.path, "\(entry.owner):\(entry.group): \(failure())")
        // The group alone can be one of this user's.
        _ = unsafe clinux_set_owner_at(directory, name, uid_t.max, entry.group)
        return false
    }

    private func setAttributes(_ losses: inout ExtractionLosses) {
        for attribute in entry.attributes {
            let key = attribute.key + [0]
            if unsafe clinux_set_attribute_at(directory, name, key, attribute.value, attribute.value.count) != 0 {
                losses.add(.attribute, entry.path, "\(ShownPath.text(attribute.key)): \(failure())")
            }
        }
    }

    private func setTime(_ modified: Int128) {
        let (quotient, remainder) = modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        let (seconds, rest) = remainder < 0 ? (quotient - 1, remainder + 1_000_000_000) : (quotient, remainder)
        if let seconds = Int64(exactly: seconds) {
            _ = unsafe clinux_set_modified_at(directory, name, seconds, Int(rest))
        }
    }

    /// A file system may take what it does not keep: seconds only, or no set-ID bits of this user's.
    private func compare(_ losses: inout ExtractionLosses) throws(Errno) {
        let status = try status()
        if entry.kind != .symbolicLink, UInt16(truncatingIfNeeded: status.st_mode & 0o7777) != entry.mode {
            losses.add(.mode, entry.path, "it is \(String(status.st_mode & 0o7777, radix: 8)) there")
        }
        if let modified = entry.modified {
            let found = Int128(status.st_mtim.tv_sec) * 1_000_000_000 + Int128(status.st_mtim.tv_nsec)
            if found != modified { losses.add(.time, entry.path, "the file system keeps another one") }
        }
    }
}

extension Errno {
    /// As a part of a sentence.
    var inSentence: String { description.prefix(1).lowercased() + description.dropFirst() }
}
