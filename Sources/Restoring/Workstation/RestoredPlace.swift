package import Backup
import DurableFiles
import JournalFormat
package import Machines
package import SystemPackage

/// Where the working copy of a restored label is to be on the workstation, and how it gets there.
package struct RestoredPlace {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// CODE where nothing is there, or with `replace`, which keeps what it replaces; else next to it. Ask before anything is
    /// received.
    package func find(for label: Label, replace: Bool) throws -> FilePath {
        let code = machine.code
        let copy = workingCopy(at: code)
        if replace {
            let month = label.monthText
            try copy.requireExchangeable(
                instead: "LS_request.sh \(month) makes the tree next to it; then umount \(code), take it out of "
                    + "/etc/fstab, and give the tree that name: rmdir \(code); mv \(code).restored-\(month) \(code)")
            return code
        }
        guard isFree(code) else { return beside(code, label) }
        do {
            try copy.requireExchangeable()
            return code
        } catch let error as WorkingCopyError {
            machine.reporter.warn("\(error); the tree is made next to it")
            return beside(code, label)
        }
    }

    private func workingCopy(at place: FilePath) -> WorkingCopy {
        WorkingCopy(code: place, snapshots: machine.snapshots, keepsPower: true, machine.effects)
    }

    /// Makes a working copy of the received snapshot.
    package func fill(_ place: FilePath, with label: Label) async throws {
        let outcome = try await workingCopy(at: place).derive(
            from: machine.snapshots.appending(label.description), label)
        if let kept = outcome.kept {
            if try !removeIfEmpty(kept) {
                machine.reporter.say("what was there is kept as \(kept)")
            }
        }
    }

    /// An empty directory holds nothing that could be missed. By its parent's descriptor: it lies where its user can put a
    /// link under its name.
    private func removeIfEmpty(_ kept: FilePath) throws -> Bool {
        guard let name = kept.lastComponent?.string else { return false }
        let parent = try OpenDirectory.withoutLinks(kept.removingLastComponent())
        let directory = try parent.directory(name)
        guard try directory.names().isEmpty else { return false }
        if try directory.subvolume() == nil {
            try parent.removeDirectory(name)
        } else {
            try parent.deleteSubvolume(name)
        }
        return true
    }

    /// Nothing there, or a directory with nothing in it.
    private func isFree(_ path: FilePath) -> Bool {
        !pathExists(path) || (try? namesInDirectory(path)) == []
    }

    private func beside(_ code: FilePath, _ label: Label) -> FilePath {
        let first = code.sibling("\(code.lastComponent?.string ?? "code").restored-\(label.monthText)")
        guard pathExists(first) else { return first }
        let time = machine.now().description.filter { $0 != ":" }.prefix(17)
        return code.sibling("\(first.lastComponent?.string ?? "code").\(time)")
    }
}
