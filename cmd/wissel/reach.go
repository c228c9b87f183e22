package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"wissel/internal/web"
)

// Where the flags that reach a server are not given.
const (
	controlEnv   = "WISSEL_CONTROL"
	tokenEnv     = "WISSEL_TOKEN"
	tokenFileEnv = "WISSEL_TOKEN_FILE"
	caEnv        = "WISSEL_CA"
)

// reachFlags say where the server is, and who asks. A token is no flag: what stands on a command line, everybody on the
// machine can read.
func reachFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "control", EnvVars: []string{controlEnv}, Value: "unix:///run/wissel/control.sock", Usage: "control socket of the server, or https://host:port with a token in " + tokenEnv},
		&cli.StringFlag{Name: "token-file", EnvVars: []string{tokenFileEnv}, Usage: "file with the token, instead of " + tokenEnv},
		&cli.StringFlag{Name: "ca", EnvVars: []string{caEnv}, Usage: "file of authorities (PEM) that may vouch for the server, instead of the system's"},
	}
}

// client talks to the server that --control names. What is wrong with how to reach it is told at the first question.
func client(c *cli.Context) *web.Client {
	control := c.String("control")
	if !web.Remote(control) {
		return web.NewClient(control)
	}
	token := os.Getenv(tokenEnv)
	if file := c.String("token-file"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return web.NoClient(fmt.Errorf("--token-file: %w", err))
		}
		token = strings.TrimSpace(string(text))
	}
	var authorities []byte
	if file := c.String("ca"); file != "" {
		var err error
		if authorities, err = os.ReadFile(file); err != nil {
			return web.NoClient(fmt.Errorf("--ca: %w", err))
		}
	}
	return web.NewRemote(control, token, authorities)
}
