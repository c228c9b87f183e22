package app

import (
	"context"
	"crypto/tls"

	"wissel/configs"
	"wissel/internal/web"
)

// openControl opens the control socket, and the control API on the network where the settings say so.
func (a *App) openControl(ctx context.Context, file *configs.File, opened *[]func() error) (err error) {
	if err := a.keys.open(a.options.StoreDir); err != nil {
		a.log.Error("nobody with a token is let in", "error", err)
		a.alarms.set("tokens", "nobody with a token is let in: "+err.Error())
	}
	a.api = web.NewControl(a, a.metrics.Handler(), a.log).Admit(a)
	control := a.options.Control
	if control == "" {
		control = file.Control
	}
	if control == "none" {
		return nil
	}
	if a.control, err = web.Listen(ctx, control); err != nil {
		return err
	}
	*opened = append(*opened, a.control.Close)
	if file.Access.Group != "" {
		if err := web.OpenToGroup(control, file.Access.Group); err != nil {
			return err
		}
	}
	if !file.API.Bind.IsValid() {
		return nil
	}
	var certificate func() *tls.Certificate
	if file.API.Cert != nil {
		certificate = func() *tls.Certificate { // a reload brings a renewed one
			if renewed := a.settings.Load().file.API.Cert; renewed != nil {
				return renewed
			}
			return file.API.Cert
		}
	}
	if a.network, err = web.ListenNetwork(ctx, file.API.Bind, certificate); err != nil {
		return err
	}
	*opened = append(*opened, a.network.Close)
	a.log.Info("the control API listens on the network", "at", file.API.Bind, "tls", file.API.Cert != nil)
	return nil
}
