internal import Glibc
package import SystemPackage

/// Where a path leads by the first symbolic link among its components; nil where it has none. One step: what that link
/// says, and not what another one makes of it.
package func throughFirstLink(_ path: FilePath) -> FilePath? {
    var above = FilePath("/")
    var rest = Array(path.components)
    while !rest.isEmpty {
        let component = rest.removeFirst()
        let place = above.appending(component)
        guard let target = symbolicLink(place) else {
            above = place
            continue
        }
        var leads = target.isAbsolute ? target : above.pushing(target)
        leads.append(rest)
        return leads.lexicallyNormalized()
    }
    return nil
}

/// What the link says; nil where there is none.
private func symbolicLink(_ place: FilePath) -> FilePath? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard unsafe readlink(place.string, &target, Int(PATH_MAX)) > 0 else { return nil }
    return FilePath(platformString: target)
}
