package peers

const insideEnv = "WISSEL_PEERS_INSIDE"

func inside() int { return 0 }
