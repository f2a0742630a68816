/// Another program of ours, started by this one, has failed and has said why on the same standard error: nothing more is
/// said, and this process ends with its status.
package struct SaidElsewhereError: Error, Equatable {
    package let status: Int32

    package init(status: Int32) { self.status = status }
}
