package import ObjectStore

/// The bucket lock rules that a mirror in Cloudflare R2 should have, and why.
///
/// R2's tokens can write or not write; none can only add. So anybody who steals the token of a server can overwrite and
/// delete every backup, unless a rule of the bucket itself, which the token cannot change, forbids it.
package struct LockRule: Equatable, Sendable {
    package let name: String
    package let prefix: String
    /// For Wrangler, signed in as the account's owner.
    package let command: String

    /// One rule for each prefix where nothing is ever replaced; checkpoint and manifests are replaced by every push and
    /// must stay outside.
    package static func rules(for layout: MirrorLayout, in bucket: StoreBucket) -> [LockRule] {
        layout.immutablePrefixes.map { prefix in
            let whole = bucket.prefix + prefix
            let name = "devjournal-" + whole.split(separator: "/").joined(separator: "-")
            return LockRule(
                name: name, prefix: whole,
                command: "npx wrangler r2 bucket lock add \(bucket.name) \(name) \(whole) --retention-indefinite")
        }
    }
}
