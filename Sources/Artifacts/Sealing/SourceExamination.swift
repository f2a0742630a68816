import Backup
import DurableFiles
package import JournalFormat
package import Machines
package import SystemPackage
import TreeHash

/// What a snapshot or a send stream of a directory would lose or fail on: refused, or warned of and recorded.
package struct SourceExamination {
    /// What was allowed and warned of, for the data of snapshot.taken.
    package let data: JSONObject
    /// Of its regular files no more than that, holes included; nil where anything was allowed or warned of.
    package let apparentBytes: Int?

    /// - Parameters:
    ///   - top: the directory, by a path or by a descriptor's.
    ///   - name: what it is called in messages.
    ///   - allowed: paths below it of subvolumes and mount points that may be missing.
    package init(
        _ top: FilePath, named name: FilePath, allowing allowed: Set<[UInt8]>, _ reporter: any Reporter
    ) throws {
        do {
            (data, apparentBytes) = try Self.examine(top, name, allowed, reporter)
        } catch let failure as FileFailure where failure.path.starts(with: top) {
            var path = failure.path
            _ = path.removePrefix(top)
            throw FileFailure(failure.action, name.pushing(path), failure.errno, hint: failure.hint)
        }
    }

    /// The same for a subvolume that was examined when a snapshot of it was taken, and of which nothing was found: by what
    /// was changed since, as far as Btrfs can say.
    ///
    /// - Parameter apparentBytes: what was found of its size then.
    package init?(
        _ top: FilePath, named name: FilePath, since snapshot: FilePath, apparentBytes: Int
    ) throws {
        if let swap = try activeSwapFile(in: top) { throw SourceError.swapFileInUse(swap, in: name) }
        guard let bytes = try SourceCheck.bytesOfHarmlessChanges(in: top, named: name, since: snapshot) else {
            return nil
        }
        let (sum, isTooLarge) = bytes.addingReportingOverflow(apparentBytes)
        guard !isTooLarge, sum <= ApparentSize.alwaysAllowed else { return nil }
        data = JSONObject()
        self.apparentBytes = sum
    }

    private static func examine(
        _ top: FilePath, _ name: FilePath, _ allowed: Set<[UInt8]>, _ reporter: any Reporter
    ) throws -> (JSONObject, Int?) {
        if let swap = try activeSwapFile(in: top) {
            throw SourceError.swapFileInUse(swap, in: name)
        }
        let found = try SourceCheck(top)
        let refused = found.findings.filter { !allowed.contains(Array($0.path.relative)) }
        guard refused.isEmpty else {
            throw SourceError.nested(refused.map(\.text), in: name, paths: refused.map(\.path.text))
        }
        guard found.longPaths.count == 0 else {
            throw SourceError.longPaths(
                found.longPaths.count, first: found.longPaths.first.map { String($0.prefix(80)) }.first ?? "", in: name)
        }
        if found.apparentBytes > ApparentSize.alwaysAllowed { try requireRestorableSize(top, name) }
        if let attribute = found.inherited.first {
            throw SourceError.inherited(attribute, of: name)
        }
        if found.lostFlags.count > 0 {
            reporter.warn(
                "a restore will lose the inode flags of \(Plain.counted(found.lostFlags.count, "object")): "
                    + found.lostFlags.first.joined(separator: ", ") + (found.lostFlags.isWhole ? "" : ", …"))
        }
        let data = data(found)
        return (data, data.members.isEmpty ? found.apparentBytes : nil)
    }

    /// What a restore would take for a stream that only wants to keep it busy.
    private static func requireRestorableSize(_ top: FilePath, _ name: FilePath) throws {
        let size = try TreeSize(top)
        let limit = ApparentSize.limit(ofStreams: size.streamBytes)
        guard size.apparentBytes > limit else { return }
        throw SourceError.tooSparse(name, bytes: size.apparentBytes, limit: limit)
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
}
