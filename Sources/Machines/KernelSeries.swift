import Glibc

/// Of one series of the kernel, such as `6.18`, all track what is changed on Btrfs the same way.
package enum KernelSeries {
    /// The one that runs.
    package static var current: String {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "-" }
        let release = unsafe withUnsafeBytes(of: names.release) { bytes in
            unsafe Array(bytes.prefix { $0 != 0 })
        }
        return of(release: String(decoding: release, as: UTF8.self))
    }

    /// `6.18` of `6.18.5-amd64`.
    package static func of(release: String) -> String {
        release.split(separator: ".").prefix(2).map { $0.prefix { $0.isASCII && $0.isNumber } }.joined(separator: ".")
    }
}
