package import JournalFormat

/// What of a received snapshot its working copy does not get, as `worktree.updated` says.
package struct Unpowered: Sendable, Equatable {
    /// Files that had a set-user-ID or set-group-ID bit, or both.
    package let setID: Int
    /// Files that had capabilities.
    package let capabilities: Int
    /// Device nodes.
    package let devices: Int

    package init(setID: Int, capabilities: Int, devices: Int) {
        self.setID = setID
        self.capabilities = capabilities
        self.devices = devices
    }

    package init?(_ object: JSONObject) {
        guard let setID = object["set_id"]?.integer, let capabilities = object["capabilities"]?.integer,
            let devices = object["devices"]?.integer
        else { return nil }
        self.init(setID: setID, capabilities: capabilities, devices: devices)
    }

    package var json: JSONObject {
        ["set_id": .integer(setID), "capabilities": .integer(capabilities), "devices": .integer(devices)]
    }
}
