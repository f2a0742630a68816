import JournalFormat
package import Machines
package import Mirror

extension CommitTurns {
    /// Those of this server's mirror, by its clock.
    package init(_ machine: Machine) {
        let clock = machine.effects.clock
        self.init(machine.server.mirrorLock) {
            clock.now()
        } pause: {
            clock.pause(milliseconds: $0)
        }
    }
}
