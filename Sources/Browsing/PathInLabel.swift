package import Backup
package import Machines

/// `LABEL:PATH`, or a label alone for its top.
package struct PathInLabel {
    package let label: Label
    /// Below the top; empty for it.
    package let path: [UInt8]

    /// - Parameter text: as a person types it; `latest` is the newest label that is registered.
    package init(_ text: String, _ machine: Machine, _ state: BackupState) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { throw BrowsingError.notALabelAndPath(text) }
        label = try machine.label(String(first), in: state)
        path = parts.count == 2 ? try ShownPath.bytes(String(parts[1])) : []
    }
}
