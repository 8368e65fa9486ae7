package listener

import "testing"

func TestOnlyPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, public := range map[string]bool{
		"52.95.110.1:443": true, "[2600:1f18::1]:443": true,
		"127.0.0.1:443": false, "10.0.0.1:443": false, "172.16.3.4:443": false, "192.168.1.1:443": false, "169.254.169.254:443": false,
		"100.64.0.1:443": false, "0.0.0.0:443": false, "[::1]:443": false, "[fe80::1]:443": false, "[fd00::1]:443": false,
		"[::ffff:10.0.0.1]:443": false, "224.0.0.1:443": false, "52.95.110.1:80": false, "nonsense": false,
	} {
		if err := publicOnly("tcp", address, nil); (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
}
