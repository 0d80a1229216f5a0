-- A connection for which there is no proxy waits for one.
core.register_action("wait_for_a_proxy", {"tcp-req"}, function()
  while core.backends["relays"]:get_srv_act() == 0 do
    core.msleep(50)
  end
end)
