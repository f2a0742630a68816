package import DurableFiles
package import SystemPackage

/// Attributes of a tree's top that whatever is made in it inherits: the compression property, a security label, a default
/// ACL. Where a tree was received below something that has them, all of its objects have them too.
package struct InheritedAttributes: Sendable, Equatable {
    private static let names = ["btrfs.compression", "security.selinux", "system.posix_acl_default"]

    let attributes: [[UInt8]: [UInt8]]

    package init(of top: FilePath) throws(FileFailure) {
        let directory = try TreeDirectory(top)
        do throws(Errno) {
            let found = try directory.attributes(TreeDirectory.itself)
                .filter { Self.names.contains(String(decoding: $0.key, as: UTF8.self)) }
            attributes = Dictionary(found.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        } catch {
            throw FileFailure("look at", top, error)
        }
    }

    package var isEmpty: Bool { attributes.isEmpty }

    /// Their names, such as `btrfs.compression`.
    package var text: String {
        attributes.keys.map { String(decoding: $0, as: UTF8.self) }.sorted().joined(separator: ", ")
    }
}
