import Backup
import DurableFiles
import JournalFormat
import SystemPackage
import TreeHash

/// What a snapshot or a send stream of a directory would lose or fail on: refused, or warned of and recorded.
struct SourceExamination {
    /// What was allowed and warned of, for the data of snapshot.taken.
    let data: JSONObject

    /// - Parameters:
    ///   - top: the directory, by a path or by a descriptor's.
    ///   - name: what it is called in messages.
    init(_ top: FilePath, named name: FilePath, allowing allowed: Set<[UInt8]>) throws {
        do {
            data = try Self.examine(top, name, allowed)
        } catch let failure as FileFailure where failure.path.starts(with: top) {
            var path = failure.path
            _ = path.removePrefix(top)
            throw FileFailure(failure.action, name.pushing(path), failure.errno, hint: failure.hint)
        }
    }

    private static func examine(_ top: FilePath, _ name: FilePath, _ allowed: Set<[UInt8]>) throws -> JSONObject {
        if let swap = try activeSwapFile(in: top) {
            throw Complaint(
                "the swap file \(swap) is in use: its subvolume cannot be snapshot",
                hint: "swapoff \(swap), or move it to a subvolume of its own outside \(name)", .refused)
        }
        let found = try SourceCheck(top)
        let refused = found.findings.filter { !allowed.contains(Array($0.path.relative)) }
        guard refused.isEmpty else {
            throw Complaint(
                "what is inside \(name) would be missing from the backup: "
                    + refused.map(\.text).joined(separator: ", "),
                hint:
                    "move it out, make it a plain directory, or allow its loss with ALLOW_NESTED=\(names(refused))",
                .refused)
        }
        guard found.longPaths.count == 0 else {
            throw Complaint(
                "\(Plain.counted(found.longPaths.count, "path")) in \(name) "
                    + "\(found.longPaths.count == 1 ? "is" : "are") longer than \(SourceCheck.longestPath) bytes, "
                    + "the first begins with \(found.longPaths.first.map { String($0.prefix(80)) }.first ?? "")",
                hint: "btrfs send and receive fail on them: shorten or move them", .refused)
        }
        if found.apparentBytes > ApparentSize.alwaysAllowed { try requireRestorableSize(top, name) }
        if let attribute = found.inherited.first {
            let remove =
                attribute == "btrfs.compression" ? "btrfs property set \(name) compression ''" : "setfacl -k \(name)"
            throw Complaint(
                "\(attribute) on \(name) itself would be restored on every object below it as well",
                hint: "\(remove) takes it off; a directory inside may have one", .refused)
        }
        if found.lostFlags.count > 0 {
            Terminal.warn(
                "a restore will lose the inode flags of \(Plain.counted(found.lostFlags.count, "object")): "
                    + found.lostFlags.first.joined(separator: ", ") + (found.lostFlags.isWhole ? "" : ", …"))
        }
        return data(found)
    }

    /// What a restore would take for a stream that only wants to keep it busy.
    private static func requireRestorableSize(_ top: FilePath, _ name: FilePath) throws {
        let size = try TreeSize(top)
        let limit = ApparentSize.limit(ofStreams: size.streamBytes)
        guard size.apparentBytes > limit else { return }
        throw Complaint(
            "the files in \(name) have \(Terminal.bytes(size.apparentBytes)), holes included, and a restore takes no more "
                + "than \(Terminal.bytes(limit)) for honest",
            hint: "make the sparse files among them smaller, or move them out of \(name)", .refused)
    }

    private static func data(_ found: SourceCheck) -> JSONObject {
        var data = JSONObject()
        if !found.findings.isEmpty { data["nested"] = .array(found.findings.map { .string($0.path.text) }) }
        if found.lostFlags.count > 0 {
            data["lost_flags"] = .object([
                "count": .integer(found.lostFlags.count), "first": .array(found.lostFlags.first.map { .string($0) }),
            ])
        }
        return data
    }

    private static func names(_ findings: [TreeFinding]) -> String {
        findings.map(\.path.text).joined(separator: ":")
    }
}
