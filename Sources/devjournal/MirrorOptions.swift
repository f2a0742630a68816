import ArgumentParser
import Glibc
import Machines
import Mirror
import ObjectStore

/// The option of every command that reaches the mirror.
struct EndpointOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The bucket's endpoint, https://HOST, in place of what the mirror's URL, the configuration or the environment (S3_ENDPOINT, in this order) says.",
            valueName: "url"))
    var endpoint: String?
}

extension ConfigurationOption {
    /// The configuration, with what the command line says of the mirror.
    func load(_ mirror: EndpointOption) throws -> Machine {
        var machine = try load()
        if let endpoint = mirror.endpoint { machine.configuration.useEndpoint(try S3Endpoint(endpoint)) }
        return machine
    }
}

extension Machine {
    /// Where the mirror is; a complaint where none is configured.
    func mirrorURL() throws -> String {
        guard let mirror = configuration.mirror else {
            if try journalOfOtherHost() != nil {
                throw Complaint(
                    "no mirror is configured: on a workstation, the mirror is its server's",
                    hint: "run it on the server", .notFound)
            }
            throw Complaint("no mirror is configured", hint: "set MIRROR, such as file:///srv/mirror", .usage)
        }
        return mirror
    }
}
