package import Backup
import DurableFiles
package import Machines
import SystemPackage

/// The commands by which a person restores without devjournal.
package struct StockRestore {
    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// In their order, for a POSIX shell; they stop where the shell is set to (`set -e`, `pipefail`).
    package func commands(_ plan: RestorePlan, from start: Int, updatesWorktree: Bool) -> [String] {
        let server = machine.server
        let received = shellWord(server.received.string)
        // Next to what is there: a stream may do anything in the directory that it is received in.
        let staging = shellWord(server.received.sibling("by-hand").string)
        var commands: [String] = []
        if start < plan.steps.count { commands.append("mkdir -m 0700 \(staging)") }
        for step in plan.steps[start...] {
            let file = shellWord(server.root.appending(step.localPath).string)
            let label = step.artifact.label.description
            // An age file can be made by anybody who knows the recipient: the hash is from the signed journal.
            commands.append("echo \(step.artifact.sha256) \(file) | sha256sum -c")
            commands.append(
                "age -d -i \(shellWord(server.ageIdentity.string)) \(file) | zstd -d | \(Self.receive) \(staging)")
            // A read-only subvolume cannot be moved to another directory.
            commands.append("btrfs subvolume snapshot -r \(staging)/\(label) \(received)")
            commands.append("btrfs subvolume delete \(staging)/\(label)")
        }
        if start < plan.steps.count { commands += ["rmdir \(staging)", "sync -f \(received)"] }
        if updatesWorktree {
            let code = machine.code.string
            let snapshot = server.received.appending(plan.label.description).string
            // A name of its own: mv would put it into a directory that is there.
            let before = shellWord("\(code).before-") + "\"$(date +%Y-%m-%dT%H%M%S)\""
            commands.append("[ ! -e \(shellWord(code)) ] || mv -T \(shellWord(code)) \(before)")
            commands +=
                machine.keepsPower
                ? ["btrfs subvolume snapshot \(shellWord(snapshot)) \(shellWord(code))"]
                : Self.copyWithoutPower(of: snapshot, to: code)
        }
        return commands
    }

    /// Made where nobody else can reach it. That chown(1) gives a file the owner that it has takes its capabilities.
    private static func copyWithoutPower(of snapshot: String, to code: String) -> [String] {
        let (directory, copy) = (shellWord("\(code).new"), shellWord("\(code).new/copy"))
        return [
            "install -d -m 0700 \(directory)",
            "btrfs subvolume snapshot \(shellWord(snapshot)) \(copy)",
            "find \(copy) -xdev '(' -type b -o -type c ')' -delete",
            "find \(copy) -xdev -type f -perm /6000 -exec chmod ug-s '{}' +",
            "find \(copy) -xdev -type f -perm /111 -exec chown --reference='{}' '{}' ';'",
            "mv -T \(copy) \(shellWord(code))",
            "rmdir \(directory)",
        ]
    }

    /// Receives in the directory named after it, which is the stream's root, on a mount of its own that gives nothing
    /// in it power. All of the mount that holds the directory is there again, or an increment would not find its
    /// parent.
    private static let receive =
        "unshare -m sh -ec 'top=$(findmnt -no TARGET -T \"$1\"); mount --bind \"$top\" /mnt; "
        + "mount -o remount,bind,nodev,nosuid,noexec /mnt; exec btrfs receive -C \"/mnt/${1#\"$top\"}\"' sh"
}
